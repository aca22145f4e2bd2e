// Draws the OpenAPI document on the API documentation page. Requests from this page carry no session: only a key that
// the reader types in.
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    var place = document.getElementById("api-reference");
    if (!place || typeof window.SwaggerUIBundle !== "function") {
      return;
    }
    window.SwaggerUIBundle({
      url: place.dataset.document,
      domNode: place,
      deepLinking: false,
      docExpansion: "none",
      defaultModelsExpandDepth: -1,
      persistAuthorization: false,
      validatorUrl: null,
      requestInterceptor: function (request) {
        request.credentials = "omit";
        return request;
      },
    });
  });
})();
