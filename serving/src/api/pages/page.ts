import { readFile } from 'node:fs/promises';
import type { Express, RequestHandler, Response } from 'express';
import helmet from 'helmet';
import { RequestError } from '../../errors.js';
import { onlyMethods } from '../express-pipeline.js';
import { pageFile, readPageFile, type PageFile } from './page-file.js';

/** A page and the files that it loads, all of them from this server. */
export interface Page {
  readonly path: string;
  /** The page itself. It names its files relative to its path: `<folder>/<name>`. */
  readonly html: string;
  /** Path segment below which the files are. */
  readonly folder: string;
  /** Name -> where it is on the disk. Nothing else is served. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Nothing from elsewhere, no inline script, no frame around it. TLS ends in front of this tier, so it is that proxy
 * which may ask browsers for HTTPS only.
 */
const SECURE: RequestHandler = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'"],
      'img-src': ["'self'", 'data:'],
      'connect-src': ["'self'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
    },
  },
  strictTransportSecurity: false,
});

const YEAR_SECONDS = 31_536_000;

/** A file under an address that names its content never changes; under any other it is asked about each time. */
function cacheControl(immutable: boolean): string {
  return immutable ? `private, max-age=${YEAR_SECONDS}, immutable` : 'no-cache';
}

function send(response: Response, { type, body, version }: PageFile, immutable = false): void {
  response.set('cache-control', cacheControl(immutable)).set('etag', `"${version}"`).type(type);
  if (response.req.fresh) response.status(304).end();
  else response.send(body);
}

/** Puts the version of each file into the addresses by which the page names it. */
function withVersions(html: string, folder: string, files: ReadonlyMap<string, PageFile>): string {
  return [...files].reduce(
    (text, [name, { version }]) => text.replaceAll(`"${folder}/${name}"`, `"${folder}/${name}?v=${version}"`),
    html,
  );
}

/** Adds the routes of a page. Its files are read when it is asked for, not before: most replicas never are. */
export function addPage(app: Express, { path, html, folder, files }: Page): void {
  let reading: Promise<{ page: PageFile; files: ReadonlyMap<string, PageFile> }> | undefined;
  const read = async () => {
    const entries = await Promise.all(
      Object.entries(files).map(async ([name, file]) => [name, await readPageFile(file)] as const),
    );
    const contents = new Map(entries);
    const text = withVersions(await readFile(html, 'utf8'), folder, contents);
    return { page: pageFile(html, Buffer.from(text)), files: contents };
  };
  const loaded = () => {
    reading ??= read().catch((error: unknown) => {
      // Not remembered: the next request tries again.
      reading = undefined;
      throw error;
    });
    return reading;
  };

  app
    .route(path)
    .get(SECURE, async (request, response) => {
      // Addresses in the page are relative; below a slash of its own they would be wrong.
      if (path !== '/' && request.path.endsWith('/')) {
        response.redirect(308, `..${path}`);
        return;
      }
      send(response, (await loaded()).page);
    })
    .all(onlyMethods('GET'));

  app
    .route(`/${folder}/:file`)
    .get(SECURE, async (request, response) => {
      const file = (await loaded()).files.get(request.params.file);
      if (file === undefined) throw new RequestError('NOT_FOUND', 'The page has no such file');
      send(response, file, request.query['v'] === file.version);
    })
    .all(onlyMethods('GET'));
}
