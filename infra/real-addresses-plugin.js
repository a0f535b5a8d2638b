/**
 * Plugin of serverless: a deployment to AWS with the addresses that stand in serverless.yml as examples would mail nobody, and
 * nobody would know. Packaging needs no addresses, and neither does an emulator.
 */
class RealAddressesPlugin {
  constructor(serverless) {
    this.hooks = {
      // Before anything is bundled.
      initialize: () => {
        if (serverless.processedInput.commands.join(' ') !== 'deploy') return;
        const { emulator, ...addresses } = serverless.service.custom.check;
        if (String(emulator) === 'true') return;
        const unset = Object.entries(addresses).filter(([, address]) => /@example\.(?:com|org|net)$/.test(address));
        if (unset.length === 0) return;
        const names = unset.map(([name]) => `--param=${name}=…`).join(' ');
        throw new serverless.classes.Error(`Give the addresses of this deployment: ${names} (docs/deploy.md)`);
      },
    };
  }
}

// What `require` of this module answers: the plugin itself, as serverless wants it.
export { RealAddressesPlugin as 'module.exports' };
