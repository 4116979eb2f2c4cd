import { expect } from 'chai';
import { podSchema } from '../../../../local/cluster/pods.js';
import { ReadinessNews } from '../../../../local/cluster/readiness-news.js';

function pod(name: string, reason?: string) {
  return podSchema.parse({
    metadata: { name },
    spec: { containers: [] },
    status: {
      conditions: reason === undefined ? [{ type: 'Ready', status: 'True' }] : [],
      containerStatuses: [
        {
          name: 'main',
          ready: reason === undefined,
          restartCount: 0,
          state: reason === undefined ? {} : { waiting: { reason } },
        },
      ],
    },
  });
}

describe('news of pods that become ready', () => {
  it('say once why one is not, and that it is', () => {
    const news = new ReadinessNews();
    expect(news.of([pod('a', 'ContainerCreating'), pod('b')])).to.deep.equal(['a main: ContainerCreating']);
    expect(news.of([pod('a', 'ContainerCreating'), pod('b')])).to.deep.equal([]);
    expect(news.of([pod('a', 'CrashLoopBackOff'), pod('b')])).to.deep.equal(['a main: CrashLoopBackOff']);
    expect(news.of([pod('a'), pod('b')])).to.deep.equal(['a is ready']);
    expect(news.of([pod('a'), pod('b')])).to.deep.equal([]);
  });

  it('say nothing of one that is gone, and start anew with one of its name', () => {
    const news = new ReadinessNews();
    news.of([pod('a', 'ContainerCreating')]);
    expect(news.of([])).to.deep.equal([]);
    expect(news.of([pod('a', 'ContainerCreating')])).to.deep.equal(['a main: ContainerCreating']);
  });
});
