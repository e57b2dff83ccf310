locals {
  policy = {
    min_servers = 2
    max_servers = 20
    signals     = { requests = { period = "1m" } }
    rules       = { load = { target = { signal = "requests", target_value = 1000 } } }
    behavior    = { scale_out = { max_change = [{ count = 2, period = "15m" }] } }
  }
}

# 4 -> 6: requests 7310 over 1000 per server (x1.83, tolerance 0.10); scale_out.max_change 2/15m limited 8 -> 6
output "rush_hour" {
  value = provider::muster::decide(local.policy, {
    current = 4
    signals = { requests = [3900, 4100, 7310] }
  }).sentence
}
