import { expect } from 'chai';
import { ResultWriter } from '../../../src/stream/result-writer.js';
import { CapturedLog } from '../../fakes/captured-log.js';
import { eventually } from '../../support/eventually.js';
import { freePorts } from '../../support/free-ports.js';

describe('the writer of results', () => {
  it('says of nothing that it is written while no broker has it', async () => {
    const [port] = await freePorts(1);
    const log = new CapturedLog();
    const settings = { brokers: [`127.0.0.1:${port}`], tls: undefined, sasl: undefined };
    const writer = new ResultWriter(settings, log.logger);
    let isWritten: boolean | undefined;
    const written = writer
      .write({ topic: 'out', key: Buffer.from('A'), value: null })
      .then((is) => (isWritten = is));
    try {
      await eventually(() => {
        expect(log.text).to.contain('results can not be written');
      });
      expect(isWritten).to.equal(undefined);
    } finally {
      await writer.close();
    }
    expect(await written).to.equal(false);
    expect(await writer.write({ topic: 'out', key: null, value: null })).to.equal(false);
  });
});
