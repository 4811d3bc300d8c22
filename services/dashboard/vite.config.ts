import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => {
  const edge = `127.0.0.1:${loadEnv(mode, ".", "EDGE_")["EDGE_PORT"] ?? "8080"}`;
  return {
    build: {
      // Inlined files would be data: URLs, which the page's policy allows for images only.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: true,
    },
    server: {
      host: "127.0.0.1",
      proxy: {
        "/feed": { target: `http://${edge}` },
        "/chat": { target: `http://${edge}`, ws: true },
      },
    },
    // No test waits for so long; a machine whose cores are taken may.
    test: { include: ["src/**/*.test.ts"], testTimeout: 30_000 },
  };
});
