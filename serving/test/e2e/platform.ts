import { LocalPlatform } from '../support/local-platform.js';

/**
 * One platform for all files of this folder: starting and training take a minute. Every file leaves it up and
 * with the champion that it found. Mocha loads the files by name; the last one takes it down.
 */
export const platform = await LocalPlatform.create('e2e');

let failed = false;

afterEach(function () {
  failed ||= this.currentTest?.state === 'failed';
});

after('nothing stays behind, whatever failed', async () => {
  await platform.dispose(failed);
});
