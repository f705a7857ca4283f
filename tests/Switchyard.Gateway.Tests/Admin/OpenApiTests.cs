using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Switchyard.Gateway.Admin;
using Switchyard.Identity;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>The OpenAPI document of the admin API: valid for another reader, complete, and usable to generate a client.</summary>
public sealed class OpenApiTests
{
    private const string Key = "an-admin-key-of-some-length";

    /// <summary>Created before it is read, changed before it is deleted.</summary>
    private static readonly HttpMethod[] s_order = [HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Get, HttpMethod.Delete];

    [Fact]
    public async Task The_document_is_one_for_another_reader()
    {
        await using var gateway = await StartAsync();
        var read = Microsoft.OpenApi.OpenApiDocument.Parse((await DocumentAsync(gateway)).ToJsonString(), OpenApiConstants.Json);

        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic.SpecificationVersion);
        Assert.All(
            read.Document!.Paths.Values.SelectMany(path => path.Operations!.Values),
            operation => Assert.False(string.IsNullOrEmpty(operation.Summary)));
        // Each operation is a separate method in a generated client.
        var names = read.Document.Paths.Values.SelectMany(path => path.Operations!.Values)
            .Select(operation => operation.OperationId).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
    }

    [Fact]
    public async Task It_names_every_admin_route_and_no_other()
    {
        await using var gateway = await StartAsync();
        var served = gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/admin", StringComparison.Ordinal))
            .Select(endpoint => (
                Route: endpoint.Metadata.GetRequiredMetadata<AdminRoute>(),
                Method: endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods[0]))
            .Select(entry => $"{entry.Method} {Switchyard.Gateway.Admin.Description.OpenApiDocument.PathOf(entry.Route.Pattern)}");

        var named = Operations(await DocumentAsync(gateway)).Select(operation => $"{operation.Method} {operation.Path}");

        Assert.Equal(served.Order(), named.Order());
    }

    [Fact]
    public async Task Every_operation_can_be_called_as_it_is_described_and_takes_its_example()
    {
        await using var gateway = await StartAsync();
        var document = await DocumentAsync(gateway);
        var wrong = new List<string>();

        foreach (var (method, path, operation) in Operations(document).OrderBy(entry => Array.IndexOf(s_order, entry.Method)))
        {
            var (status, type, body) = await CallAsync(gateway, method, path, operation);
            var problem = type == "application/problem+json" ? JsonNode.Parse(body)!["code"]!.GetValue<string>() : null;
            var described = ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture);
            // The item of an example may not exist, and this host has no ledger; but the request is valid.
            var fits = problem is null
                ? operation["responses"]![described] is { } answer
                    && (answer["content"] is null ? body.Length == 0 : answer["content"]![type ?? ""] is not null)
                : problem != "unknown_url"
                    && status is HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.ServiceUnavailable;
            if (!fits)
                wrong.Add($"{method} {path}: {described} {type} {body}");
            else if (problem is null && FindUndescribed(document, operation, described, type, body) is { } undescribed)
                wrong.Add($"{method} {path}: its answer has '{undescribed}', which is not described");
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    [Fact]
    public async Task The_page_for_people_needs_no_key_says_nothing_of_the_gateway_and_loads_nothing_from_elsewhere()
    {
        await using var gateway = await StartAsync();

        using var page = await gateway.Http.GetAsync("/admin/docs", TestContext.Current.CancellationToken);
        var html = await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.StatusCode, page.Content.Headers.ContentType?.MediaType));
        Assert.DoesNotContain("://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("innerHTML", html, StringComparison.Ordinal);
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'nonce-", policy, StringComparison.Ordinal);
        var nonce = policy.Split("'nonce-")[1].Split('\'')[0];
        Assert.Equal(2, html.Split($"nonce=\"{nonce}\"").Length - 1);
    }

    private static Task<GatewayHost> StartAsync() => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["mock"] = new();
            options.Admin.Key = Key;
            options.Cache = new();
        },
        builder => builder.Services.AddSingleton<IKeyStore>(new FakeKeyStore()));

    private static async Task<JsonObject> DocumentAsync(GatewayHost gateway)
    {
        var (status, _, body) = await SendAsync(gateway, HttpMethod.Get, "/admin/openapi.json", null);
        Assert.Equal(HttpStatusCode.OK, status);
        return JsonNode.Parse(body)!.AsObject();
    }

    private static IEnumerable<(HttpMethod Method, string Path, JsonObject Operation)> Operations(JsonObject document) =>
        document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => (
            new HttpMethod(operation.Key.ToUpperInvariant()), path.Key, operation.Value!.AsObject())));

    /// <summary>Calls an operation with only the values of the document.</summary>
    private static Task<(HttpStatusCode Status, string? Type, string Body)> CallAsync(
        GatewayHost gateway, HttpMethod method, string path, JsonObject operation)
    {
        foreach (var parameter in operation["parameters"]?.AsArray().Where(parameter => (string?)parameter!["in"] == "path") ?? [])
        {
            // The item that an example creates; a limit belongs to a provider.
            var value = path.Contains("/keys/", StringComparison.Ordinal) ? "ci"
                : path.Contains("/tenants/", StringComparison.Ordinal) ? "acme"
                : "mock";
            path = path.Replace($"{{{parameter!["name"]}}}", value, StringComparison.Ordinal);
        }

        return SendAsync(gateway, method, path, operation["requestBody"]?["content"]!["application/json"]!["example"]);
    }

    private static async Task<(HttpStatusCode Status, string? Type, string Body)> SendAsync(
        GatewayHost gateway, HttpMethod method, string path, JsonNode? body)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new("Bearer", Key);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return (
            response.StatusCode, response.Content.Headers.ContentType?.MediaType,
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>A member of an answer that its schema does not have; null if every member is in it.</summary>
    private static string? FindUndescribed(JsonObject document, JsonObject operation, string status, string? type, string body)
    {
        if (type != "application/json" || operation["responses"]![status]!["content"] is not { } content)
            return null;
        var schema = content[type]!["schema"];
        return Find(JsonNode.Parse(body), schema, "");

        string? Find(JsonNode? value, JsonNode? described, string path)
        {
            if (described?["$ref"]?.GetValue<string>() is { } reference)
            {
                described = document;
                foreach (var part in reference.Split('/').Skip(1))
                    described = described![part];
            }

            switch (value)
            {
                case JsonObject entries when (described?["properties"]) is JsonObject properties:
                    foreach (var (name, member) in entries)
                    {
                        if (!properties.ContainsKey(name) && !path.StartsWith("/data", StringComparison.Ordinal) && IsClosed(described))
                            return $"{path}/{name}";
                        if (Find(member, properties[name], $"{path}/{name}") is { } inner)
                            return inner;
                    }

                    return null;
                case JsonArray items:
                    return items.Select(item => Find(item, described?["items"], $"{path}[]")).FirstOrDefault(found => found is not null);
                default:
                    return null;
            }
        }

        // Keys and tenants also show their settings.
        static bool IsClosed(JsonNode? described) => described?["properties"]?["source"] is null;
    }
}
