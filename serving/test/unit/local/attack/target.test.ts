import { expect } from 'chai';
import { requireTarget } from '../../../../local/attack/target.js';
import { PlatformFailure } from '../../../../local/failure.js';
import { thrown } from '../../../support/rejection.js';

describe('the target of an attack', () => {
  it('may be this machine', () => {
    requireTarget(['127.0.0.1:9092', 'localhost:9093', '[::1]:9092', '127.8.9.1:1'], []);
  });

  it('may be what was named', () => {
    requireTarget(['Kafka.Test.Example:9092'], ['kafka.test.example']);
  });

  for (const broker of [
    'kafka.example:9092',
    '10.0.0.1:9092',
    '127.0.0.1.example:9092',
    'localhost.example:9092',
    '0.0.0.0:9092',
    '[::2]:9092',
    'kafka.test.example.org:9092',
  ]) {
    it(`is not ${broker}, and the error says how it could be`, () => {
      const failure = thrown(() => {
        requireTarget(['127.0.0.1:9092', broker], ['kafka.test.example']);
      }, PlatformFailure);
      expect(failure.message).to.include(broker).and.not.include('127.0.0.1:9092');
      expect(failure.remedy).to.include('ALLOW_TARGET=');
    });
  }
});
