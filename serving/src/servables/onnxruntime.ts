/** The only way to onnxruntime: the settings that it reads from its environment are made before it is loaded. */
import './runtime-environment.js';

export { InferenceSession, Tensor } from 'onnxruntime-node';
