import { expect } from 'chai';
import { isReady, podSchema, whyNotReady } from '../../../../local/cluster/pods.js';

const container = (state: object, more: object = {}) => ({
  name: 'serving',
  ready: false,
  restartCount: 0,
  state,
  ...more,
});

const running = { running: { startedAt: '2026-01-01T00:00:00Z' } };
const scheduled = { type: 'PodScheduled', status: 'True' };

function pod(status: object, metadata: object = {}) {
  const spec = { containers: [{ name: 'serving', image: 'serving:dev' }] };
  return podSchema.parse({ metadata: { name: 'serving-1', ...metadata }, spec, status });
}

describe('what is said of a pod that is not ready', () => {
  for (const [what, status, expected] of [
    [
      'no node has room for it',
      {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes: Insufficient cpu' }],
      },
      'has no node: 0/1 nodes: Insufficient cpu',
    ],
    ['it is new', { phase: 'Pending', conditions: [scheduled] }, 'Pending'],
    [
      'its image is not there',
      {
        containerStatuses: [container({ waiting: { reason: 'ImagePullBackOff', message: 'no such host' } })],
      },
      'serving: ImagePullBackOff: no such host',
    ],
    [
      'it falls again and again',
      {
        containerStatuses: [
          container(
            { waiting: { reason: 'CrashLoopBackOff' } },
            { restartCount: 3, lastState: { terminated: { exitCode: 78, reason: 'Error' } } },
          ),
        ],
      },
      'serving: CrashLoopBackOff, restarted 3 times ended with 78 (Error)',
    ],
    ['its probe fails', { containerStatuses: [container(running)] }, 'serving runs and is not ready yet'],
    [
      'what comes first is not done',
      {
        initContainerStatuses: [{ ...container(running), name: 'migrate' }],
        containerStatuses: [container({ waiting: { reason: 'PodInitializing' } })],
      },
      'migrate runs and is not ready yet',
    ],
    [
      'it ended',
      { phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 1 } })] },
      'serving: ended with 1 (ended)',
    ],
  ] as const) {
    it(`says so where ${what}`, () => {
      expect(whyNotReady(pod(status))).to.equal(expected);
      expect(isReady(pod(status))).to.equal(false);
    });
  }

  it('is nothing of one that is ready, has done its work, or is being deleted', () => {
    const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    expect(whyNotReady(pod(ready))).to.equal(undefined);
    expect(isReady(pod(ready))).to.equal(true);
    expect(whyNotReady(pod({ phase: 'Succeeded', containerStatuses: [container({})] }))).to.equal(undefined);
    const leaving = pod(ready, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(whyNotReady(leaving)).to.equal(undefined);
    expect(isReady(leaving), 'it gets no requests any more').to.equal(false);
  });
});
