/** Every route that the management port has and the public one has not; a test holds the list against the port. */
export const MANAGEMENT_ROUTES: readonly { readonly method: string; readonly path: string }[] = [
  { method: 'GET', path: '/' },
  { method: 'GET', path: '/console/console.js' },
  { method: 'GET', path: '/console/traffic' },
  { method: 'GET', path: '/status' },
  { method: 'GET', path: '/metrics' },
  { method: 'GET', path: '/drift' },
  { method: 'GET', path: '/traffic' },
  { method: 'PUT', path: '/admin/traffic' },
  { method: 'POST', path: '/admin/reload' },
  { method: 'PUT', path: '/admin/workers' },
  { method: 'POST', path: '/webhooks/mlflow' },
];
