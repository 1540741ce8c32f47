# One image for every part: SERVICES says which rooms a container runs. Give it DATABASE_URL; the embedded Postgres is for one machine.
FROM node:24.21-slim

WORKDIR /app
# Without the dev dependencies the package `node` is left out too: Node 24 is the base image's own.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force
COPY . .

ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
# The user `node` by its number, so that Kubernetes can see that it is not root.
USER 1000
EXPOSE 3000
# Only the gateway listens: where it does not run, compose turns this check off and Kubernetes never reads it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "main.ts"]
