/** The steps of an expiry, in their order: decide and list, destroy keys, delete objects, finish. */
export { condemnSnapshots, listCondemned } from './condemn.ts';
export { deleteCondemnedObjects, destroyCondemnedKeys, finishCondemned } from './condemned.ts';
