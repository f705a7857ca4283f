using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>Every path of the admin API with invalid input: the answer is a problem document, never an internal error.</summary>
public sealed partial class AdminBadInputTests
{
    private const string Key = "an-admin-key-of-some-length";

    private static readonly string[] s_values =
    [
        "\"\\ud800\"", "\"\\udc00x\"", "null", "-1", "1e400", "99999999999999999999", "[]", "{}",
        "{\"a\\ud800\":1}", "{\"a\":1,\"a\":2}",
        "\"\\u0000\"",
    ];

    private static readonly string[] s_bodies = ["", "null", "[]", "\"x\"", "{\"x\":1,\"x\":2}", "{\"\\ud800\":1}", "{", "[[[[[["];

    private static readonly string[] s_parts = ["%20", "%E2%80%83", "..%2F..", "%00", "%EF%BF%BD", "a%2Fb"];

    [Fact]
    public async Task Nothing_it_is_sent_makes_it_fail()
    {
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["mock"] = new();
            options.Admin.Key = Key;
        });
        var failures = new List<string>();
        var (_, described) = await SendAsync(gateway, HttpMethod.Get, "/admin/openapi.json", null);
        var document = JsonElement.Parse(described);
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject().Where(member => member.Name is not "parameters"))
            {
                var method = new HttpMethod(operation.Name.ToUpperInvariant());
                foreach (var part in Part().IsMatch(path.Name) ? s_parts : [])
                {
                    var body = operation.Value.TryGetProperty("requestBody", out _) ? "{}" : null;
                    await TryAsync(method, Part().Replace(path.Name, part), body);
                }

                foreach (var body in Bodies(document, operation.Value))
                    await TryAsync(method, Part().Replace(path.Name, "x"), body);
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures.Take(20)));

        async Task TryAsync(HttpMethod method, string path, string? body)
        {
            var (status, text) = await SendAsync(gateway, method, path, body);
            if (status >= 500 && !text.Contains("\"code\":\"no_", StringComparison.Ordinal))
                failures.Add($"{method} {path} {body}: {status} {text}");
        }
    }

    [Theory]
    [InlineData("/route/explain", "{\"model\":\"\\ud800\"}")]
    [InlineData("/route/explain", "{\"\\ud800\":\"mock/m\"}")]
    [InlineData("/schemas/refine", "{\"\\ud800\":1}")]
    [InlineData("/schemas/refine", "{\"schema\":{\"code\":\"\\udc00\"}}")]
    [InlineData("/schemas/refine", "{\"samples\":[],\"samples\":[]}")]
    public async Task What_is_no_text_is_the_senders_mistake(string path, string body)
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Providers["mock"] = new());

        var (status, text) = await SendAsync(gateway, HttpMethod.Post, path, body);

        Assert.True(status == 400, $"{status} {text}");
    }

    [Fact]
    public async Task A_byte_order_mark_before_the_JSON_is_passed_over()
    {
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["mock"] = new();
            options.Admin.Key = Key;
        });

        var (status, text) = await SendAsync(gateway, HttpMethod.Patch, "/admin/providers/mock", "\uFEFF{\"priority\":7}");

        Assert.True(status == 200, $"{status} {text}");
        Assert.Contains("\"priority\":7", text, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Bodies(JsonElement document, JsonElement operation)
    {
        if (!operation.TryGetProperty("requestBody", out var taken))
            yield break;
        foreach (var body in s_bodies)
            yield return body;
        var schema = taken.GetProperty("content").EnumerateObject().First().Value.GetProperty("schema");
        if (schema.TryGetProperty("$ref", out var reference))
            schema = document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        if (!schema.TryGetProperty("properties", out var properties))
            yield break;
        foreach (var property in properties.EnumerateObject())
        {
            foreach (var value in s_values)
                yield return $"{{\"{property.Name}\":{value}}}";
        }
    }

    private static async Task<(int Status, string Text)> SendAsync(GatewayHost gateway, HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await gateway.Http.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        var isEvents = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        return ((int)response.StatusCode, isEvents ? "" : await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Part();
}
