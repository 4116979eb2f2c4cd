import { ServerInterceptingCall, ServerListenerBuilder, status, type ServerInterceptor } from '@grpc/grpc-js';

/** Cuts calls whose message does not arrive: a connection may be alive while nothing comes of what it has begun. */
export function arrivalTimeout(timeoutMs: number): ServerInterceptor {
  return (_method, call) => {
    const timer = setTimeout(() => {
      call.sendStatus({ code: status.DEADLINE_EXCEEDED, details: 'The message did not arrive in time' });
    }, timeoutMs);
    const listener = new ServerListenerBuilder()
      .withOnReceiveMessage((message, next) => {
        clearTimeout(timer);
        next(message);
      })
      .withOnCancel(() => {
        clearTimeout(timer);
      })
      .build();
    return new ServerInterceptingCall(call, {
      start(next) {
        next(listener);
      },
    });
  };
}
