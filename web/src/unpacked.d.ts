/** Address of a file of the library without its own compression (see bundling/unpacked.ts). */
declare module "*?unpacked" {
  const address: string;
  export default address;
}
