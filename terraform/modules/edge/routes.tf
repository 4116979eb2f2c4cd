locals {
  # What the tier answers on its public port (serving/openapi), by how the path is matched. All else is answered by 404
  # here and never reaches the cluster; metrics, status and admin are on another port, which the gateway has not either.
  exact_paths = ["/predict", "/invocations", "/outcomes", "/v2", "/ping", "/version", "/openapi.json", "/docs"]
  path_prefixes = [
    "/v1/models/", # TensorFlow Serving's form
    "/v2/",        # the Open Inference Protocol
    "/health/",
    "/docs/", # files of that page
  ]
  grpc_prefix = "/inference.GRPCInferenceService/"

  # What people open in a browser: whoever looks like a robot is shown a captcha, which a program could not answer. What a
  # page loads by itself is not among these, since nobody could be shown anything there.
  captcha_paths = ["/docs"]

  routes = concat(
    [for path in local.exact_paths : { path = path, exact = true }],
    [for path in local.path_prefixes : { path = path, exact = false }],
  )
}

resource "yandex_alb_http_router" "this" {
  folder_id   = var.folder_id
  name        = "${var.name}-edge"
  description = "What clients of ${var.host} may ask for."
  labels      = var.labels
}

resource "yandex_alb_virtual_host" "this" {
  name           = "${var.name}-edge"
  http_router_id = yandex_alb_http_router.this.id
  authority      = [var.host]

  # Smart Web Security: before a route is taken.
  route_options {
    security_profile_id = yandex_sws_security_profile.this.id
  }

  # A browser that was here once never asks by plain HTTP again, which it could be answered by somebody else.
  modify_response_headers {
    name    = "strict-transport-security"
    replace = "max-age=31536000"
  }

  # Routes are tried in order.
  route {
    name = "grpc"

    grpc_route {
      grpc_match {
        fqmn {
          prefix = local.grpc_prefix
        }
      }

      grpc_route_action {
        backend_group_id = yandex_alb_backend_group.grpc.id
        max_timeout      = local.timeout
      }
    }
  }

  dynamic "route" {
    for_each = local.routes
    content {
      name = trim(replace(route.value.path, "/[^a-z0-9]+/", "-"), "-")

      http_route {
        http_match {
          path {
            exact  = route.value.exact ? route.value.path : null
            prefix = route.value.exact ? null : route.value.path
          }
        }

        http_route_action {
          backend_group_id = yandex_alb_backend_group.http.id
          timeout          = local.timeout
        }
      }
    }
  }

  # A route and no gap, so that the security profile sees (and counts) who tries what is not there.
  route {
    name = "nothing-else"

    http_route {
      http_match {
        path {
          prefix = "/"
        }
      }

      direct_response_action {
        status = 404
      }
    }
  }
}
