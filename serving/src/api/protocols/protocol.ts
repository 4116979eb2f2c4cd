import type { IncomingHttpHeaders } from 'node:http';
import type { InferenceRequest, Prediction } from '../../prediction/prediction-service.js';

/** A request as its protocol reads it, and how that protocol answers. */
export interface Exchange {
  readonly request: InferenceRequest;
  reply(prediction: Prediction, requestId: string): Reply;
}

export interface Reply {
  readonly contentType: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What of a request a protocol may look at beside its body. */
export interface RequestHead {
  readonly headers: IncomingHttpHeaders;
}

/** What the path says; the rest is in headers and body. */
export interface Target {
  readonly model?: string;
  readonly version?: string;
}

/** One way of asking for a prediction over HTTP. Stateless: everything of a request is in its exchange. */
export interface Protocol {
  /** Label of metrics: a closed set, never what a client sent. */
  readonly route: string;
  /** @returns undefined when the path is not of this protocol */
  match(path: string): Target | undefined;
  /** @throws {RequestError} when the message is not of the protocol's form */
  read(head: RequestHead, body: Buffer): Exchange;
  /** What the protocol wants to see in the body of an error, beside problem details. */
  readonly errorMember?: string;
}
