import { resolve } from 'node:path';
import { bundleFunctions } from './bundle.js';
import { fileOf } from './functions.js';

/** Plugin of serverless: makes each function's zip before anything is packaged. */
class BundlePlugin {
  constructor(serverless) {
    const at = (path) => resolve(serverless.serviceDir, path);
    this.hooks = {
      'before:package:createDeploymentArtifacts': async () => {
        const { service } = serverless;
        const plans = service.custom?.plans ?? 'infra/plans';
        const wanted = service.getAllFunctions().map((name) => fileOf(name));
        const zips = await bundleFunctions(wanted, { plans: at(plans), out: at('.build/functions') });
        for (const name of service.getAllFunctions()) {
          const definition = service.getFunction(name);
          definition.package = { ...definition.package, artifact: zips.get(fileOf(name)).path };
        }
      },
    };
  }
}

// What `require` of this module answers: the plugin itself, as serverless wants it.
export { BundlePlugin as 'module.exports' };
