import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';

/** Stands for a message that is not of the form that its definition says. */
export class UnreadableMessage {
  constructor(readonly cause: unknown) {}
}

/**
 * The same service, which hands on what it can't read instead of throwing: the library would answer that with INTERNAL,
 * which is what a fault of this side is called.
 */
export function readableService(service: ServiceDefinition): ServiceDefinition {
  const method = (definition: MethodDefinition<unknown, unknown>): MethodDefinition<unknown, unknown> => ({
    ...definition,
    requestDeserialize(bytes) {
      try {
        return definition.requestDeserialize(bytes);
      } catch (error) {
        return new UnreadableMessage(error);
      }
    },
  });
  return Object.fromEntries(Object.entries(service).map(([name, definition]) => [name, method(definition)]));
}
