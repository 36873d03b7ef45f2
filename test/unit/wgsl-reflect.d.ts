// The package's entry for Node is CommonJS in a package of type "module", which Node refuses; its browser build loads.
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export { WgslReflect } from 'wgsl_reflect';
}
