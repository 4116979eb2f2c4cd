import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { answerJson, LoopbackServer } from './loopback-server.js';

export const JOB_SECRET = 'what-only-the-job-knows';
export const JOB_IDENTITY = 'eyJ.job+identity/=.signature';
export const IAM_TOKEN = 't1.iam-token';

interface Asked {
  readonly method: string | undefined;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Stands in for GitHub, which says who the job is, and for Yandex Cloud, which gives a token for that. */
export class JobAuthorities extends LoopbackServer {
  readonly asked: Asked[] = [];
  /** What Yandex Cloud answers. */
  exchange: { readonly status: number; readonly body: object } = {
    status: 200,
    body: { access_token: IAM_TOKEN },
  };

  /** Where a job finds both. */
  get variables(): Readonly<Record<string, string>> {
    return {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${this.url}/identity?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: JOB_SECRET,
      YC_TOKEN_ENDPOINT: `${this.url}/oauth/token`,
    };
  }

  protected answer(request: IncomingMessage, response: ServerResponse): void {
    void text(request).then((body) => {
      this.asked.push({ method: request.method, url: request.url!, headers: request.headers, body });
      if (request.method === 'GET') answerJson(response, 200, { value: JOB_IDENTITY });
      else answerJson(response, this.exchange.status, this.exchange.body);
    });
  }
}
