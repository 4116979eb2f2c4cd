import { expect } from 'chai';
import { planRoles } from '../../../src/servables/role-plan.js';
import type { ServableId } from '../../../src/servables/servable.js';
import type { ServedRole } from '../../../src/servables/served-roles.js';

function id(version: string): ServableId {
  return { modelName: 'toy', version, digest: `sha256:${version}` };
}

/** `canary 7, standby 6` */
function roles(text: string): Map<ServedRole, ServableId> {
  const parts = text.split(', ').filter((part) => part !== '');
  return new Map(parts.map((part) => part.split(' ')).map(([role, v]) => [role as ServedRole, id(v!)]));
}

describe('planRoles', () => {
  type Row = readonly [
    what: string,
    wanted: string,
    around: { readonly champion?: string; readonly aliased?: string; readonly loaded?: string },
    aspired: string,
    holders: string,
  ];
  const at6 = { champion: '6', aliased: '6' };
  const table: readonly Row[] = [
    ['nothing that nobody wants', '', { ...at6, loaded: 'canary 7' }, '', ''],
    ['what a role wants', 'canary 7', at6, 'canary 7', 'canary from canary'],
    [
      'what each role wants',
      'canary 7, shadow 8',
      at6,
      'canary 7, shadow 8',
      'canary from canary, shadow from shadow',
    ],
    [
      'what a role wants while no champion is there',
      'canary 7',
      { aliased: '6' },
      'canary 7',
      'canary from canary',
    ],
    ['what a role wants while the registry has no alias', 'canary 7', {}, 'canary 7', 'canary from canary'],
    [
      'another version than before',
      'canary 8',
      { ...at6, loaded: 'canary 7' },
      'canary 8',
      'canary from canary',
    ],
    // The champion itself.
    ['nothing that the champion is', 'canary 6, shadow 7', at6, 'shadow 7', 'shadow from shadow'],
    ['nothing that the champion is about to be', 'canary 7', { champion: '6', aliased: '7' }, '', ''],
    [
      'what the champion is about to be, as long as it has it and the champion has not',
      'canary 7',
      { champion: '6', aliased: '7', loaded: 'canary 7' },
      'canary 7',
      'canary from canary',
    ],
    [
      'nothing that the champion has become',
      'canary 7',
      { champion: '7', aliased: '7', loaded: 'canary 7' },
      '',
      '',
    ],
    [
      'the former champion, as soon as another is there',
      'standby 6',
      { champion: '7', aliased: '7' },
      'standby 6',
      'standby from standby',
    ],
    [
      'nothing for a standby that still is the champion',
      'standby 6',
      { champion: '6', aliased: '7' },
      '',
      '',
    ],
    // Two roles, one version.
    [
      'one version once',
      'shadow 6, standby 6',
      { champion: '7', aliased: '7' },
      'shadow 6',
      'shadow from shadow, standby from shadow',
    ],
    [
      'one version where it is loaded already',
      'shadow 6, standby 6',
      { champion: '7', aliased: '7', loaded: 'standby 6' },
      'standby 6',
      'shadow from standby, standby from standby',
    ],
  ];
  for (const [what, wanted, { champion, aliased, loaded = '' }, aspired, holders] of table) {
    it(`loads ${what}`, () => {
      const present = roles(loaded);
      const plan = planRoles(roles(wanted), { champion, aliased, loaded: (role) => present.get(role) });
      const expected = roles(aspired);
      for (const role of ['canary', 'shadow', 'standby'] as const) {
        expect(plan.aspired[role], role).to.deep.equal(expected.get(role) ?? 'nothing');
      }
      expect([...plan.holders].map(([role, holder]) => `${role} from ${holder}`).join(', ')).to.equal(
        holders,
      );
    });
  }
});
