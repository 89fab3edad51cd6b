// Of the tests: the documented components as they are, with the server and the code of the test.
import vue from "@vitejs/plugin-vue";

const { LICENSE_SERVER, HANDSHAKE_CODE } = process.env;

export default {
  plugins: [
    vue(),
    LICENSE_SERVER && {
      name: "of-the-test",
      transform: (code) =>
        code.replaceAll("https://lts.example", LICENSE_SERVER).replaceAll("200001-demo", HANDSHAKE_CODE),
    },
  ],
};
