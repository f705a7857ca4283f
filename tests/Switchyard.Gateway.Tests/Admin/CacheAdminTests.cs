using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>The cache below <c>/admin/cache</c>: read, changed and emptied.</summary>
public sealed class CacheAdminTests
{
    private const string Key = "an-admin-key-of-some-length";

    [Covers("S003-48", "S003-49", "S003-50", "S003-52")]
    [Fact]
    public async Task It_is_looked_into_changed_emptied_of_one_answer_and_of_all()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Cache = new();
            options.Admin.Key = Key;
        });
        Assert.Equal(["miss", "hit"], [await AskAsync(gateway), await AskAsync(gateway)]);

        var seen = await SendAsync(gateway, HttpMethod.Get, "/admin/cache");
        var changed = await SendAsync(gateway, HttpMethod.Patch, "/admin/cache", """{"max_entries":5000,"ttl_seconds":7200}""");
        var dropped = await SendAsync(gateway, HttpMethod.Post, "/admin/cache/invalidate", Some.ChatRequest());
        var again = await SendAsync(gateway, HttpMethod.Post, "/admin/cache/invalidate", Some.ChatRequest());

        Assert.Equal((true, 1, 1, 1, 0.5), ((bool)seen["enabled"]!, (int)seen["total_entries"]!, (int)seen["total_hits"]!,
            (int)seen["total_misses"]!, (double)seen["hit_rate"]!));
        Assert.Equal((5000, 7200, 268435456, true), ((int)changed["max_entries"]!, (int)changed["ttl_seconds"]!,
            (long)changed["max_bytes"]!, (bool)changed["enabled"]!));
        Assert.Equal((true, false), ((bool)dropped["dropped"]!, (bool)again["dropped"]!));
        Assert.Equal("miss", await AskAsync(gateway));
        Assert.Empty(await SendAsync(gateway, HttpMethod.Delete, "/admin/cache"));
        Assert.Equal(0, (int)(await SendAsync(gateway, HttpMethod.Get, "/admin/cache"))["total_entries"]!);
        var wrong = await SendAsync(gateway, HttpMethod.Patch, "/admin/cache", """{"max_entries":0}""");
        Assert.Equal("invalid_cache", (string?)wrong["code"]);
        Assert.Equal("invalid_request", (string?)(await SendAsync(gateway, HttpMethod.Post, "/admin/cache/invalidate", "{}"))["code"]);
    }

    private static async Task<string> AskAsync(GatewayHost gateway)
    {
        using var response = await gateway.ChatAsync(Some.ChatRequest());
        // A client that leaves earlier has abandoned the call, whose answer is not kept then.
        await response.Content.LoadIntoBufferAsync(TestContext.Current.CancellationToken);
        return response.Headers.GetValues(AnswerFacts.Cache).Single();
    }

    private static async Task<JsonObject> SendAsync(GatewayHost gateway, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { { "Authorization", $"Bearer {Key}" } } };
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return response.StatusCode == HttpStatusCode.NoContent ? [] : JsonNode.Parse(text)!.AsObject();
    }
}
