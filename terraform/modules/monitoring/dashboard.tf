# Three charts beside each other on the 36 columns of a dashboard, below the title of their section.
locals {
  columns = 3
  chart   = { w = 12, h = 8 }
  title_h = 2

  heights = [for section in local.sections : local.title_h + local.chart.h * ceil(length(section.charts) / local.columns)]
  tops    = [for index, section in local.sections : sum(concat([0], slice(local.heights, 0, index)))]

  titles = [for index, section in local.sections : { text = section.title, y = local.tops[index] }]
  charts = flatten([
    for index, section in local.sections : [
      for place, chart in section.charts : {
        id      = "section-${index}-chart-${place}"
        title   = chart.title
        unit    = chart.unit
        queries = chart.queries
        x       = local.chart.w * (place % local.columns)
        y       = local.tops[index] + local.title_h + local.chart.h * floor(place / local.columns)
      }
    ]
  ])
}

resource "yandex_monitoring_dashboard" "this" {
  folder_id   = var.folder_id
  name        = "${var.name}-managed"
  title       = "${var.name}: managed parts"
  description = "What Prometheus in the cluster cannot see. Its own dashboards are in Grafana."
  labels      = var.labels

  dynamic "widgets" {
    for_each = local.titles
    iterator = title
    content {
      title {
        text = title.value.text
        size = "TITLE_SIZE_M"
      }
      position {
        x = 0
        y = title.value.y
        w = local.columns * local.chart.w
        h = local.title_h
      }
    }
  }

  dynamic "widgets" {
    for_each = local.charts
    iterator = chart
    content {
      chart {
        chart_id       = chart.value.id
        title          = chart.value.title
        display_legend = true

        queries {
          dynamic "target" {
            for_each = chart.value.queries
            iterator = query
            content {
              query     = query.value
              text_mode = true
            }
          }
        }

        visualization_settings {
          type = "VISUALIZATION_TYPE_LINE"
          yaxis_settings {
            left {
              min         = "0"
              unit_format = chart.value.unit
            }
          }
        }
      }
      position {
        x = chart.value.x
        y = chart.value.y
        w = local.chart.w
        h = local.chart.h
      }
    }
  }
}
