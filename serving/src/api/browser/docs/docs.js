/** Shows openapi.json, which lies beside this page, and follows the colours of the system. */

const dark = matchMedia('(prefers-color-scheme: dark)');

function followColours() {
  document.documentElement.classList.toggle('dark-mode', dark.matches);
}

followColours();
dark.addEventListener('change', followColours);

SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  // Schemas are beside the operations that use them; the list of all of them is long.
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 3,
  docExpansion: 'list',
  // Swagger's own service, which would see the addresses of this one.
  validatorUrl: null,
  persistAuthorization: false,
});
