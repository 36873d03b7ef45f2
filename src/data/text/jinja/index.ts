export { TooMuch } from './error';
export { compile } from './template';
