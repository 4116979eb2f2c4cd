export { freePorts } from '../../local/free-ports.js';
