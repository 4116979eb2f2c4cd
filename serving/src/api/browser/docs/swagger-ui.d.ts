/** What swagger-ui-bundle.js puts into the page. */
declare function SwaggerUIBundle(options: Readonly<Record<string, unknown>>): void;
