/** What scripts/train.mjs finds in the bare page: the public interface, by one name. */
import * as marginalia from './index';

declare global {
  interface Window {
    marginaliaLibrary?: typeof marginalia;
  }
}

window.marginaliaLibrary = marginalia;
