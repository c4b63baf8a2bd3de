environment        = "prod"
region             = "eu-central-1"
zones              = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
cidr               = "10.22.0.0/16"
nat_per_zone       = true
kubernetes_version = "1.34"
kafka              = { version = "4.1.x.kraft", instance_type = "kafka.m7g.large", volume_gib = 200 }
postgres           = { version = "17.6", capacity = { min = 2, max = 32 }, readers = 1, backup_days = 35 }
