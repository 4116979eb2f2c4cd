# What machines there are, as Compute Cloud's documentation lists them (vCPU performance levels, looked up in November 2026):
# the cloud refuses everything else, but only after ten minutes, when the cluster is there and the nodes are not.
# Machines with graphics cards are not here: nothing in this platform would use one.
locals {
  halves_to_4 = [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]

  hardware = {
    standard-v2 = [
      { core_fraction = 5, cores = [2, 4], gb_per_core = [0.25, 0.5, 1, 1.5, 2] },
      { core_fraction = 20, cores = [2, 4], gb_per_core = local.halves_to_4 },
      { core_fraction = 50, cores = [2, 4], gb_per_core = local.halves_to_4 },
      { core_fraction = 100, cores = concat(range(2, 17, 2), range(20, 81, 4)), gb_per_core = range(1, 17) },
    ]
    standard-v3 = [
      { core_fraction = 20, cores = [2, 4], gb_per_core = local.halves_to_4 },
      { core_fraction = 50, cores = [2, 4], gb_per_core = local.halves_to_4 },
      { core_fraction = 100, cores = concat(range(2, 17, 2), [20, 36, 40]), gb_per_core = range(1, 17) },
      { core_fraction = 100, cores = [24, 48], gb_per_core = range(1, 14) },
      { core_fraction = 100, cores = [28, 56], gb_per_core = range(1, 12) },
      { core_fraction = 100, cores = [32, 60, 64], gb_per_core = range(1, 11) },
      { core_fraction = 100, cores = [44], gb_per_core = range(1, 15) },
      { core_fraction = 100, cores = [52], gb_per_core = range(1, 13) },
      { core_fraction = 100, cores = [68], gb_per_core = range(1, 10) },
      { core_fraction = 100, cores = [72, 76, 80], gb_per_core = range(1, 9) },
      { core_fraction = 100, cores = [84, 88], gb_per_core = range(1, 8) },
      { core_fraction = 100, cores = [92, 96], gb_per_core = range(1, 7) },
    ]
    highfreq-v3 = [
      { core_fraction = 100, cores = concat(range(2, 17, 2), range(20, 57, 4)), gb_per_core = range(1, 17) },
    ]
    amd-v1 = [
      { core_fraction = 20, cores = [2, 4], gb_per_core = [0.5, 1, 1.5] },
      { core_fraction = 50, cores = [2, 4], gb_per_core = local.halves_to_4 },
      { core_fraction = 100, cores = [2, 4, 8, 16, 32, 48, 64, 96, 128], gb_per_core = range(1, 7) },
    ]
    standard-v4a = [
      { core_fraction = 20, cores = [2, 4], gb_per_core = [0.5, 1, 1.5, 2] },
      { core_fraction = 50, cores = [2, 4], gb_per_core = local.halves_to_4 },
      { core_fraction = 100, cores = [2, 4, 8, 16, 32, 48, 64, 96, 128, 224, 256, 288], gb_per_core = [1, 2, 4, 8] },
    ]
    highfreq-v4a = [
      { core_fraction = 20, cores = [2, 4], gb_per_core = [0.5, 1, 1.5, 2] },
      { core_fraction = 50, cores = [2, 4], gb_per_core = local.halves_to_4 },
      { core_fraction = 100, cores = [2, 4, 8, 16, 24, 32, 48, 80], gb_per_core = [1, 2, 4, 8, 10, 12] },
    ]
  }

  disk_types       = ["network-ssd", "network-hdd", "network-ssd-nonreplicated", "network-ssd-io-m3"]
  disk_types_by_93 = ["network-ssd-nonreplicated", "network-ssd-io-m3"]
}
