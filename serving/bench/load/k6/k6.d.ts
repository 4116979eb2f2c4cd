/** The part of k6 that the script uses; k6 itself strips the types and brings the modules. */
declare module 'k6/http' {
  interface Answer {
    readonly status: number;
  }
  interface Parameters {
    readonly headers?: Readonly<Record<string, string>>;
    readonly tags?: Readonly<Record<string, string>>;
  }
  const http: { post(url: string, body: string, parameters?: Parameters): Answer };
  // eslint-disable-next-line import-x/no-default-export -- how k6 exports it
  export default http;
}

declare module 'k6/data' {
  // A constructor in k6, shared by all virtual users.
  export const SharedArray: new <T>(name: string, read: () => readonly T[]) => readonly T[];
}

declare module 'k6/metrics' {
  export class Rate {
    constructor(name: string);
    add(value: boolean): void;
  }
}

declare module 'k6/execution' {
  const execution: { readonly scenario: { readonly iterationInTest: number } };
  // eslint-disable-next-line import-x/no-default-export -- how k6 exports it
  export default execution;
}

declare const __ENV: Readonly<Record<string, string | undefined>>;
declare function open(path: string): string;
