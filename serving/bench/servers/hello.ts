import { serve } from './serve.js';

/** The floor: what node:http alone costs. */
serve((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 2 });
    response.end('{}');
  });
});
