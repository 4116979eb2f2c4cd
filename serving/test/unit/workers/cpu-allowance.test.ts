import { expect } from 'chai';
import { cpuAllowance } from '../../../src/workers/cpu-allowance.js';

type Files = Readonly<Record<string, string>>;

function coresOf(files: Files, affinity = 8): number {
  return allowance(files, affinity).cores;
}

function allowance(files: Files, affinity = 8) {
  return cpuAllowance((path) => files[path], affinity);
}

const V2_MOUNT = '30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n';

/** A container of today: a cgroup namespace, version 2. */
function v2(files: Files, path = '/'): Files {
  return {
    '/proc/self/mountinfo': `22 1 8:1 / / rw - ext4 /dev/sda1 rw\n${V2_MOUNT}`,
    '/proc/self/cgroup': `0::${path}\n`,
    ...files,
  };
}

/** @param root of the mount: `/` on a host and under a cgroup namespace, else the container's own group */
function v1(files: Files, path = '/', root = '/'): Files {
  return {
    '/proc/self/mountinfo':
      '31 25 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n' +
      `32 25 0:28 ${root} /sys/fs/cgroup/cpu,cpuacct ro,nosuid - cgroup cgroup rw,cpu,cpuacct\n`,
    '/proc/self/cgroup': `9:memory:/other\n4:cpu,cpuacct:${path}\n0::/\n`,
    ...files,
  };
}

describe('cpuAllowance', () => {
  it('is the CPUs of the process where there is no cgroup, such as on a Mac', () => {
    expect(allowance({}, 6)).to.deep.equal({ cores: 6, limit: 'the CPUs available to the process (6)' });
  });

  describe('of version 2', () => {
    const cases: readonly (readonly [cpuMax: string, cores: number, why: string])[] = [
      ['max 100000\n', 8, 'no quota'],
      ['200000 100000\n', 2, 'a whole quota'],
      ['50000 100000\n', 1, 'less than one CPU is one core'],
      ['100000 100000\n', 1, 'exactly one CPU'],
      ['150000 100000\n', 1, 'a fraction is rounded down'],
      ['399999 100000\n', 3, 'a fraction is rounded down, however large'],
      ['20000 10000\n', 2, 'another period'],
      ['1600000 100000\n', 8, 'more than there are CPUs'],
      ['', 8, 'an empty file'],
      ['nonsense\n', 8, 'a file that is not understood'],
      ['0 100000\n', 8, 'a quota that can not be'],
    ];
    for (const [cpuMax, cores, why] of cases) {
      it(`${why}: ${JSON.stringify(cpuMax)} on 8 CPUs is ${cores}`, () => {
        expect(coresOf(v2({ '/sys/fs/cgroup/cpu.max': cpuMax }))).to.equal(cores);
      });
    }

    it('takes the tightest of the groups from its own up to the root', () => {
      const path = '/kubepods/pod1/container';
      const limits = (root: string, pod: string, own: string): Files =>
        v2(
          {
            '/sys/fs/cgroup/kubepods/cpu.max': root,
            '/sys/fs/cgroup/kubepods/pod1/cpu.max': pod,
            '/sys/fs/cgroup/kubepods/pod1/container/cpu.max': own,
          },
          path,
        );
      expect(coresOf(limits('600000 100000', '200000 100000', 'max 100000'))).to.equal(2);
      expect(coresOf(limits('600000 100000', 'max 100000', '300000 100000'))).to.equal(3);
      expect(coresOf(limits('400000 100000', '500000 100000', '600000 100000'))).to.equal(4);
    });

    it('does not look at groups beside its own', () => {
      const files = v2({ '/sys/fs/cgroup/other/cpu.max': '100000 100000' }, '/own');
      expect(coresOf(files)).to.equal(8);
    });

    it('looks at the mount where its path leads out of what it can see', () => {
      const files = v2({ '/sys/fs/cgroup/cpu.max': '300000 100000' }, '/../../elsewhere');
      expect(coresOf(files)).to.equal(3);
    });

    it('names the quota as it is set', () => {
      expect(allowance(v2({ '/sys/fs/cgroup/cpu.max': '150000 100000' })).limit).to.equal(
        'the CPU quota of the cgroup (1.5)',
      );
    });
  });

  describe('of version 1', () => {
    const quota = (directory: string, quotaUs: string): Files => ({
      [`${directory}/cpu.cfs_quota_us`]: `${quotaUs}\n`,
      [`${directory}/cpu.cfs_period_us`]: '100000\n',
    });

    it('takes no quota for none', () => {
      expect(coresOf(v1(quota('/sys/fs/cgroup/cpu,cpuacct', '-1')))).to.equal(8);
    });

    it('finds its group below a mount of the whole hierarchy, and those above it', () => {
      const files = v1(
        {
          ...quota('/sys/fs/cgroup/cpu,cpuacct/docker', '350000'),
          ...quota('/sys/fs/cgroup/cpu,cpuacct/docker/abc', '-1'),
        },
        '/docker/abc',
      );
      expect(coresOf(files)).to.equal(3);
    });

    it('finds its group where that is what is mounted', () => {
      const files = v1(quota('/sys/fs/cgroup/cpu,cpuacct', '250000'), '/docker/abc', '/docker/abc');
      expect(coresOf(files)).to.equal(2);
    });
  });

  it('takes the tighter of both versions where a machine has both', () => {
    const both = (v1Quota: string, v2Quota: string): Files => ({
      '/proc/self/mountinfo':
        '32 25 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n' +
        '33 25 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n',
      '/proc/self/cgroup': '1:cpu:/\n0::/\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': v1Quota,
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
      '/sys/fs/cgroup/unified/cpu.max': `${v2Quota} 100000`,
    });
    expect(coresOf(both('200000', '500000'))).to.equal(2);
    expect(coresOf(both('500000', '200000'))).to.equal(2);
  });

  it('takes the affinity where that is tighter than the quota', () => {
    expect(coresOf(v2({ '/sys/fs/cgroup/cpu.max': '400000 100000' }), 2)).to.equal(2);
  });
});
