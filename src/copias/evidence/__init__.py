"""Evidence that leaves the house: packs, samples, who could read a copy and who opened it, idempotence."""
