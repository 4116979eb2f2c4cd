# What is pushed is scanned at once, and all of it again and again: the image stays, what is known of it changes.
resource "yandex_cloudregistry_scan_policy" "images" {
  registry_id        = yandex_cloudregistry_registry.images.id
  name               = "${var.name}-scan"
  description        = "Every image when it is pushed, and all of them every ${var.rescan_days} days; packages of Node.js and Python, too."
  disabled           = false
  scan_lang_packages = true

  rules = {
    push_rule = {
      disabled = false
      paths    = ["*"]
    }
    schedule_rules = [{
      disabled      = false
      paths         = ["*"]
      amount        = var.rescan_days
      interval_unit = "DAYS"
    }]
  }
}
