import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { answerJson, LoopbackServer } from './loopback-server.js';

export interface GithubRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string;
  readonly body: string;
}

/** The part of GitHub's API that workflows and the pipeline ask. */
export class GithubApi extends LoopbackServer {
  readonly requests: GithubRequest[] = [];
  /** Who has reviewed the run, and what they said. */
  reviews: { readonly state: 'approved' | 'rejected'; readonly user: { readonly login: string } }[] = [];

  protected answer(request: IncomingMessage, response: ServerResponse): void {
    void text(request).then((body) => {
      const { method = '', url = '', headers } = request;
      this.requests.push({ method, path: url, authorization: headers.authorization ?? '', body });
      const isKnown = /\/actions\/runs\/\d+\/approvals$/.test(url);
      if (isKnown) answerJson(response, 200, this.reviews);
      else answerJson(response, 404, { message: 'Not Found' });
    });
  }
}
