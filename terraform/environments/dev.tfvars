# One of each, as small as it gets.
environment        = "dev"
region             = "eu-central-1"
zones              = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
cidr               = "10.20.0.0/16"
nat_per_zone       = false
kubernetes_version = "1.34"
kafka              = { version = "4.1.x.kraft", instance_type = "kafka.t3.small", volume_gib = 20 }
postgres           = { version = "17.6", capacity = { min = 0.5, max = 2 }, readers = 0, backup_days = 7 }
