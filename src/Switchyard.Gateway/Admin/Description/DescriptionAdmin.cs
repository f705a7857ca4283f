using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin.Description;

/// <summary><c>/admin/openapi.json</c>, which describes the admin API for programs, and <c>/admin/docs</c>, which displays
/// the description.</summary>
internal sealed class DescriptionAdmin : IAdminEndpoints
{
    private const string Page = "Admin/Description/docs.html";
    private const string Nonce = "{{nonce}}";

    private static readonly Lazy<string> s_page = new(ReadPage);

    public void Map(AdminRoutes routes)
    {
        var document = new Lazy<JsonObject>(() => OpenApiDocument.Create(AdminPaths.Version, routes.All));
        routes.Get(
            "/admin/openapi.json",
            new(AdminRole.Caller, "Describes this API as an OpenAPI document")
            {
                Answer = () => AdminSchema.Json("OpenApi", """{"type":"object"}"""),
            },
            call => call.AnswerAsync(document.Value, AdminJson.Default.JsonObject));
        routes.Get(
            "/admin/docs",
            new(AdminRole.Anyone, "Shows this API in a browser, with a field for the key")
            {
                Answer = () => AdminSchema.Json("Html", """{"type":"string"}"""),
                AnswerType = "text/html",
            },
            call =>
            {
                var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
                var headers = call.Http.Response.Headers;
                // Nothing from another origin, and no script except the page's own.
                headers.ContentSecurityPolicy =
                    $"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
                    + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
                headers.XContentTypeOptions = "nosniff";
                headers["Referrer-Policy"] = "no-referrer";
                return call.AnswerAsync(
                    Encoding.UTF8.GetBytes(s_page.Value.Replace(Nonce, nonce, StringComparison.Ordinal)), "text/html; charset=utf-8");
            });
    }

    private static string ReadPage()
    {
        using var reader = new StreamReader(typeof(DescriptionAdmin).Assembly.GetManifestResourceStream(Page)!);
        return reader.ReadToEnd();
    }
}
