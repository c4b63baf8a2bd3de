# As production, but smaller: what is tried here must not differ in kind.
environment        = "staging"
region             = "eu-central-1"
zones              = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
cidr               = "10.21.0.0/16"
nat_per_zone       = false
kubernetes_version = "1.34"
kafka              = { version = "4.1.x.kraft", instance_type = "kafka.m7g.large", volume_gib = 50 }
postgres           = { version = "17.6", capacity = { min = 0.5, max = 4 }, readers = 1, backup_days = 7 }
