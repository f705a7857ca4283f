using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Configuration;
using Switchyard.Secrets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Keys;

/// <summary>A key that is changed in its store while calls run.</summary>
[Covers("B16")]
public sealed class RotationTests : IDisposable
{
    private const string Old = "first-key-of-the-provider";
    private const string New = "other-key-of-the-provider";
    private const string Chat = """{"model":"up/some-model","messages":[{"role":"user","content":"Hello"}]}""";

    private readonly TemporaryFolder _folder = new();
    private readonly FakeSecretStore _store = new("vault");

    public void Dispose() => _folder.Dispose();

    [Covers("S001-24", "S001-25")]
    [Theory]
    [InlineData("file")]
    [InlineData("environment file")]
    [InlineData("store")]
    public async Task A_key_changed_under_load_fails_no_call_and_the_old_one_is_not_used_afterwards(string place)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, place);
        using var stop = new CancellationTokenSource();
        var statuses = new ConcurrentBag<HttpStatusCode>();
        var workers = Enumerable.Range(0, 8).Select(_ => LoadAsync(gateway, statuses, stop.Token)).ToList();
        await Wait.ForAsync(() => statuses.Count > 50);

        Put(place, New);
        // No reload is requested.
        await Wait.ForAsync(() => upstream.Requests.Any(request => KeyOf(request) == New));
        await stop.CancelAsync();
        await Task.WhenAll(workers);
        var during = upstream.Requests.Count;
        for (var i = 0; i < 50; i++)
        {
            using var response = await gateway.ChatAsync(Chat);
            statuses.Add(response.StatusCode);
        }

        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.All(upstream.Requests.Skip(during), request => Assert.Equal(New, KeyOf(request)));
        Assert.Contains(upstream.Requests, request => KeyOf(request) == Old);
        Assert.Equal("1", await RotationsAsync(gateway));
        Assert.DoesNotContain(gateway.Log.Lines, line => line.Text.Contains(Old, StringComparison.Ordinal)
            || line.Text.Contains(New, StringComparison.Ordinal));
    }

    [Covers("S001-23", "S001-32")]
    [Fact]
    public async Task An_equal_key_keeps_the_client_and_a_first_key_is_no_rotation()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "store");
        gateway.Engine.Registry.TryGet("up", out var first);

        await gateway.Engine.RefreshSecretsAsync(TestContext.Current.CancellationToken);
        await gateway.Engine.ApplyAsync(options => options.Strict = true, TestContext.Current.CancellationToken);
        gateway.Engine.Registry.TryGet("up", out var same);
        Assert.Same(first, same);

        await gateway.Engine.ApplyAsync(
            options => options.Providers["open"] = new() { BaseUrl = upstream.BaseUrl }, TestContext.Current.CancellationToken);
        gateway.Engine.Registry.TryGet("open", out var without);
        _store["provider:open:apiKey"] = New;
        await gateway.Engine.RefreshSecretsAsync(TestContext.Current.CancellationToken);
        gateway.Engine.Registry.TryGet("open", out var with);

        Assert.NotSame(without, with);
        Assert.Null(await RotationsAsync(gateway));
    }

    [Covers("S001-26")]
    [Fact]
    public async Task A_running_answer_ends_on_the_key_it_began_with_and_its_connection_goes_then()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "store");
        var finish = new TaskCompletionSource();
        upstream.Then(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync(Some.Chunk("""{"content":"Hel"}"""));
            await http.Response.Body.FlushAsync();
            await finish.Task;
            await http.Response.WriteAsync(Some.Chunk("""{"content":"lo"}""", "\"stop\"") + Some.Done);
        });
        using var running = await gateway.ChatAsync(Chat.Replace("}]}", "}],\"stream\":true}", StringComparison.Ordinal));
        gateway.Engine.Registry.TryGet("up", out var old);

        _store["up"] = New;
        await gateway.Engine.RefreshSecretsAsync(TestContext.Current.CancellationToken);
        upstream.ThenJson(Some.ChatCompletion());
        using var next = await gateway.ChatAsync(Chat);
        Assert.Equal(New, KeyOf(upstream.LastRequest));
        Assert.True(old!.IsInitialized);

        finish.SetResult();
        var text = await running.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("[DONE]", text, StringComparison.Ordinal);
        await Wait.ForAsync(() => !old.IsInitialized);
    }

    [Covers("S001-28")]
    [Fact]
    public async Task A_store_that_is_away_harms_no_call_and_is_reported_by_health_and_log()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "store");

        _store.Fault = new SecretStoreException($"no route to {Old}");
        await gateway.Engine.RefreshSecretsAsync(TestContext.Current.CancellationToken);
        await gateway.Engine.ApplyAsync(options => options.Strict = true, TestContext.Current.CancellationToken);
        using var response = await gateway.ChatAsync(Chat);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Old, KeyOf(upstream.LastRequest));
        var health = JsonElement.Parse(await gateway.Http.GetByteArrayAsync("/health", TestContext.Current.CancellationToken));
        var store = health.GetProperty("secret_stores").GetProperty("vault");
        Assert.Equal("ok", health.GetProperty("status").GetString());
        Assert.Equal("unavailable", store.GetProperty("status").GetString());
        Assert.Equal("no route to ***", store.GetProperty("error").GetString());
        Assert.Contains(
            gateway.Log.Lines, line => line.Text.Contains("The secret store 'vault' cannot be read", StringComparison.Ordinal));
    }

    [Covers("S001-29", "S001-24")]
    [Fact]
    public async Task A_provider_whose_store_was_away_at_the_start_serves_when_it_is_back()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        _store.Fault = new SecretStoreException("sealed");
        await using var gateway = await StartAsync(upstream, "store");

        using var refused = await gateway.ChatAsync(Chat);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        var text = await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("up API key is not configured", text, StringComparison.Ordinal);
        Assert.Contains("missing_credentials", text, StringComparison.Ordinal);

        _store.Fault = null;
        await gateway.Engine.RefreshSecretsAsync(TestContext.Current.CancellationToken);
        using var answered = await gateway.ChatAsync(Chat);
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        Assert.Null(await RotationsAsync(gateway));
    }

    [Fact]
    public async Task A_key_that_the_provider_refuses_has_the_stores_asked_before_their_time()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "store", refresh: TimeSpan.FromDays(1));
        upstream.Then((http, seen) => FakeUpstream.WriteAsync(
            http, KeyOf(seen) == New ? 200 : 401, "application/json", KeyOf(seen) == New ? Some.ChatCompletion() : """{"error":{}}"""));
        _store["up"] = New;
        var generation = gateway.Engine.Snapshot.Generation;

        using var refused = await gateway.ChatAsync(Chat);
        Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
        await Wait.ForAsync(() => gateway.Engine.Snapshot.Generation > generation);
        using var answered = await gateway.ChatAsync(Chat);

        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
    }

    [Fact]
    public async Task A_client_key_from_a_store_opens_the_door_and_a_changed_one_too()
    {
        _store["clients/a"] = Old;
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Server.Keys = [SecretReference.To("clients/a")];
                options.Providers["mock"] = new();
            },
            build => build.AddSecretStore(_store));

        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(gateway, "secret://clients/a"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(gateway, Old));
        _store["clients/a"] = New;
        await gateway.Engine.RefreshSecretsAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, await AskAsync(gateway, New));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(gateway, Old));
    }

    private static async Task<HttpStatusCode> AskAsync(GatewayHost gateway, string key)
    {
        using var response = await gateway.PostAsync(
            "/v1/chat/completions", Chat.Replace("up/some-model", "mock/any", StringComparison.Ordinal),
            ("Authorization", $"Bearer {key}"));
        return response.StatusCode;
    }

    private static async Task LoadAsync(GatewayHost gateway, ConcurrentBag<HttpStatusCode> statuses, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var response = await gateway.ChatAsync(Chat);
            await response.Content.ReadAsByteArrayAsync(CancellationToken.None);
            statuses.Add(response.StatusCode);
        }
    }

    private static string KeyOf(SeenRequest request) => request.Headers["Authorization"]["Bearer ".Length..];

    private static async Task<string?> RotationsAsync(GatewayHost gateway)
    {
        var text = await gateway.Http.GetStringAsync("/metrics");
        return text.Split('\n').FirstOrDefault(line => line.StartsWith("provider_client_rotations_total{", StringComparison.Ordinal)
            && line.Contains("credential_change", StringComparison.Ordinal))?.Split(' ')[1];
    }

    /// <summary>The watcher uses the machine's clock here, so the test has to wait.</summary>

    private void Put(string place, string key)
    {
        switch (place)
        {
            case "file":
                _folder.Mount($"..{key}", ("up", key + "\n"));
                break;
            case "environment file":
                _folder.Write(".env", $"UP={key}\n");
                break;
            default:
                _store["up"] = key;
                break;
        }
    }

    private async Task<GatewayHost> StartAsync(FakeUpstream upstream, string place, TimeSpan? refresh = null)
    {
        Put(place, Old);
        return await GatewayHost.StartAsync(
            upstream,
            options =>
            {
                options.Providers["up"].Key = SecretReference.To("up");
                options.Secrets.Refresh = refresh ?? TimeSpan.FromSeconds(1);
                options.Secrets.Directory = place == "file" ? _folder.FullPath : null;
                options.Secrets.EnvFile = place == "environment file" ? _folder[".env"] : null;
            },
            build => _ = place == "store" ? build.AddSecretStore(_store) : build);
    }
}
