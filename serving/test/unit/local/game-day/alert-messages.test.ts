import { expect } from 'chai';
import { ATTACK_ALERT } from '../../../../local/attack/moment.js';
import { alertMessages } from '../../../../local/game-day/alert-messages.js';
import { NotificationFolder } from '../../../../local/monitoring/notification-sink/notification-folder.js';
import type { Message } from '../../../../local/monitoring/notification-sink/notification.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const mail = (subject: string, text: string): Message => ({
  channel: 'email',
  from: 'a@b.test',
  to: ['c@d.test'],
  subject,
  text,
  html: '',
});
const telegram = (text: string): Message => ({
  channel: 'telegram',
  chat_id: '-1',
  text,
  parse_mode: 'HTML',
});

describe('messages of the attack’s alert', () => {
  it('are told by channel and by what they say of it, and those of other alerts are left out', () => {
    const path = temporaryDirectory();
    const sink = new NotificationFolder(path);
    const at = new Date('2026-01-31T09:00:00Z');
    for (const message of [
      mail(`[critical] ${ATTACK_ALERT} in dev/retraining: 6 replicas`, `FIRING [critical] ${ATTACK_ALERT}\n`),
      telegram(`🔴 <b>critical: ${ATTACK_ALERT}</b> in dev/retraining`),
      mail('[warning] StreamLagHigh in dev/retraining: 2000 wait', 'FIRING [warning] StreamLagHigh\n'),
      mail(
        `[resolved] ${ATTACK_ALERT} in dev/retraining, lasted 6m`,
        `RESOLVED ${ATTACK_ALERT}: 6 replicas\n`,
      ),
      telegram(`🟢 <b>resolved: ${ATTACK_ALERT}</b> in dev/retraining`),
    ]) {
      sink.add(message, at);
    }
    expect(alertMessages(path).map(({ channel, status }) => `${channel} ${status}`)).to.deep.equal([
      'email firing',
      'telegram firing',
      'email resolved',
      'telegram resolved',
    ]);
    expect(alertMessages(path, 'resolved')).to.have.length(2);
    expect(alertMessages(path, 'firing')[1]).to.deep.equal({
      channel: 'telegram',
      status: 'firing',
      receivedAt: '2026-01-31T09:00:00.000Z',
      text: `🔴 critical: ${ATTACK_ALERT} in dev/retraining`,
    });
  });
});
