using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Cloud;
using Switchyard.Storage;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests;

/// <summary>
/// A unique string in every secret setting, and then all kinds of failures: none of the strings occurs in what the gateway
/// sends to clients and operators or writes to its log, traces and metrics.
/// </summary>
public sealed class CanaryTests : IDisposable
{
    private const string ClientKey = "canary-client-key-0x5a1";
    private const string AdminKey = "canary-admin-key-0x5a2";

    private readonly ConcurrentBag<string> _said = [];
    private readonly string _trace = ActivityTraceId.CreateRandom().ToHexString();
    private readonly ActivityListener _listener;

    public CanaryTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Switchyard", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId.ToHexString() == _trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = span => _said.Add(
                $"span {span.DisplayName} {span.StatusDescription} "
                + string.Join(' ', span.TagObjects.Concat(span.Events.SelectMany(@event => @event.Tags)).Select(tag => $"{tag.Value}"))),
        };
        ActivitySource.AddActivityListener(_listener);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _listener.Dispose();

    [Covers("S001-20", "S001-21", "Y1", "H13")]
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_secret_of_any_setting_is_said_to_anybody_whatever_fails(bool ledger)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var options = new SwitchyardOptions { AutoEnable = false };
        options.Retry.Attempts = 1;
        options.Circuit.Enabled = false;
        Fill(options, upstream.BaseUrl);
        // A new secret setting has no canary yet: give it one below.
        Assert.Equal(
            SecretPaths(OptionShape.Root, "").Distinct().Order(StringComparer.Ordinal),
            SecretSettings.Of(options).Select(secret => Pattern(secret.Path)).Distinct().Order(StringComparer.Ordinal));
        // Only one of all gateways sends an alert, so none is sent while their ledger is unavailable.
        if (!ledger)
            options.Storage.Ledger = null;
        var secrets = SecretSettings.Of(options);

        await using var gateway = await GatewayHost.StartAsync(
            other =>
            {
                other.Health.Monitor = true;
                options.CopyTo(other);
            },
            switchyard =>
            {
                switchyard.AddSwitchyardStorage();
                switchyard.AddSwitchyardCloud();
                switchyard.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace));
            });
        await FailInEveryWayAsync(gateway, upstream, [.. secrets.SelectMany(secret => secret.Parts)]);
        if (!ledger)
            await Wait.ForAsync(() => upstream.Requests.Any(request => request.Path.Contains("hook", StringComparison.Ordinal)));
        await LookAtEverythingAsync(gateway);
        foreach (var (_, line) in gateway.Log.Lines)
            _said.Add(line);

        Assert.Contains(_said, text => text.StartsWith("span ", StringComparison.Ordinal));
        Assert.Contains(_said, text => text.Contains("***", StringComparison.Ordinal));
        foreach (var part in secrets.SelectMany(secret => secret.Parts).Where(part => part.Contains("canary", StringComparison.Ordinal)))
        {
            var spellings = (string[])[part, Uri.EscapeDataString(part), Convert.ToBase64String(Encoding.UTF8.GetBytes(part)).TrimEnd('=')];
            Assert.All(_said, text => Assert.DoesNotContain(spellings, spelling => text.Contains(spelling, StringComparison.Ordinal)));
        }
    }

    private static void Fill(SwitchyardOptions options, string upstream)
    {
        options.Admin.Key = AdminKey;
        options.Admin.Keys["looks"] = new() { Key = "canary-viewer-key-0x5a3", Role = "viewer" };
        options.Admin.Oidc = new()
        {
            Authority = "http://127.0.0.1:1", Audience = "canary", ClientId = "dashboard", ClientSecret = "canary-sso-secret-0x5b5",
        };
        options.Server.Keys = ["canary-server-key-0x5a4"];
        options.Server.Tls = new() { Certificate = "/nowhere/server.pfx", Password = "canary-pfx-0x5a5" };
        options.Keys["ci"] = new() { Key = ClientKey, Budget = Budget(upstream, "key") };
        options.Tenants["acme"] = new() { Budget = Budget(upstream, "tenant") };
        options.Budgets.Named["total"] = Budget(upstream, "total");
        options.Budgets.Named["small"] = new() { Usd = 0.0000001m, Tag = "small" };
        options.Prices.Models["up/*"] = new() { Input = 1, Output = 10 };
        options.Prices.Models["behind/*"] = new() { Input = 1, Output = 10 };
        options.Providers["up"] = new()
        {
            BaseUrl = upstream + "/{note}",
            Key = "canary-provider-key-0x5a6",
            Headers = { ["x-extra"] = "canary-header-0x5a7" },
            Settings = { ["note"] = "canary-setting-0x5a8" },
        };
        options.Providers["behind"] = new()
        {
            BaseUrl = "http://127.0.0.1:1/v1",
            Keys = [new() { Key = "canary-first-key-0x5a9" }, new() { Key = "canary-second-key-0x5aa" }],
            Proxy = "http://robot:canary-proxy-0x5ab@127.0.0.1:1",
        };
        options.Guards["outside"] = new()
        {
            Type = "check", Url = "http://127.0.0.1:1/look", Key = "canary-guard-key-0x5b4", On = ["request"], OnFailure = "open",
        };
        options.Secrets.Passphrase = "canary-passphrase-0x5ac";
        options.Secrets.File = "/nowhere/secrets.json";
        options.Secrets.Vault = new()
        {
            Address = "http://127.0.0.1:1", Auth = "approle", Token = "canary-vault-token-0x5ad", RoleId = "canary-role-0x5ae",
            SecretId = "canary-secret-id-0x5af",
        };
        options.Storage.Redis = "redis://:canary-redis-0x5b0@127.0.0.1:1";
        options.Storage.Ledger = "postgres://robot:canary-postgres-0x5b1@127.0.0.1:1/ledger";
        options.Storage.Journal = Path.Combine(Path.GetTempPath(), $"canary-{Guid.NewGuid():n}.db");
    }

    private static BudgetOptions Budget(string upstream, string name) => new()
    {
        Usd = 1,
        // A strict budget refuses every call while the ledger that divides it is unavailable.
        Mode = "warn",
        Alert = ["0.0001%"],
        Webhook = $"{upstream}/hook/canary-hook-{name}-0x5b2",
        WebhookSecret = $"canary-hook-secret-{name}-0x5b3",
    };

    private async Task FailInEveryWayAsync(GatewayHost gateway, FakeUpstream upstream, string[] parts)
    {
        var quoted = string.Join(' ', parts);
        var error = $$$"""{"error":{"message":{{{System.Text.Json.JsonSerializer.Serialize(quoted)}}},"type":"x"}}""";
        upstream.ThenJson(Some.ChatCompletion());
        await AskAsync(gateway, Some.ChatRequest());
        foreach (var status in (int[])[400, 401, 403, 404, 429, 500, 503])
        {
            upstream.ThenJson(error, status);
            await AskAsync(gateway, Some.ChatRequest());
        }

        upstream.ThenBytes(Encoding.UTF8.GetBytes($"<html>{quoted}</html>"), "text/html", 502);
        await AskAsync(gateway, Some.ChatRequest());
        upstream.ThenBytes(Encoding.UTF8.GetBytes($"{{{quoted}"), "application/json");
        await AskAsync(gateway, Some.ChatRequest());
        upstream.ThenStream([.. Some.ChatStream()[..2], $"data: {error}\n\n"]);
        await AskAsync(gateway, Some.ChatRequest(stream: true));
        upstream.ThenStreamAndCut(Some.ChatStream()[..2]);
        await AskAsync(gateway, Some.ChatRequest(stream: true));
        upstream.ThenCut();
        await AskAsync(gateway, Some.ChatRequest());
        Assert.True(upstream.Requests.Count(request => request.Path.EndsWith("/chat/completions", StringComparison.Ordinal)) >= 13);
        await AskAsync(gateway, Some.ChatRequest("behind/model"));
        await AskAsync(gateway, Some.ChatRequest("nobody/model"));
        await AskAsync(gateway, "{ no json");
        await AskAsync(gateway, Some.ChatRequest(), ("x-switchyard-tag", "small"));
        await AskAsync(gateway, Some.ChatRequest(), ("Authorization", $"Bearer {ClientKey}-wrong"));
        Assert.False((await gateway.Engine.ApplyAsync(
            options => options.Providers["up"].BaseUrl = "no address, canary-first-key-0x5a9", Token)).Applied);
    }

    /// <summary>Sends a request and keeps the answer. An answer does not repeat a wrong key either.</summary>
    private async Task AskAsync(GatewayHost gateway, string body, (string Name, string Value)? header = null)
    {
        using var response = await gateway.ChatAsync(
            body,
            [.. header is { Name: "Authorization" } ? [] : new[] { ("Authorization", $"Bearer {ClientKey}") },
                ("traceparent", $"00-{_trace}-1234567890abcdef-01"), .. header is { } own ? new[] { own } : []]);
        string text;
        try
        {
            text = await response.Content.ReadAsStringAsync(Token);
        }
        catch (HttpRequestException e)
        {
            text = e.Message;
        }

        _said.Add($"{response.Headers}{response.Content.Headers}{text}");
    }

    private async Task LookAtEverythingAsync(GatewayHost gateway)
    {
        var paths = gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Contains("GET"))
            .Select(route => route.RoutePattern.RawText!.Replace("{**name}", "ci", StringComparison.Ordinal)
                .Replace("{name}", "ci", StringComparison.Ordinal).Replace("{**id}", "up%2Fsome-model", StringComparison.Ordinal))
            .ToList();
        Assert.Contains("/admin/budgets", paths);
        foreach (var path in paths)
        {
            foreach (var key in (string[])[AdminKey, ClientKey])
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
                using var response = await gateway.Http.SendAsync(request, Token);
                _said.Add($"{path}: {response.Headers}{await response.Content.ReadAsStringAsync(Token)}");
            }
        }
    }

    /// <summary>The path of every secret setting, with <c>*</c> for a name that the user chooses.</summary>
    private static IEnumerable<string> SecretPaths(OptionShape shape, string path)
    {
        foreach (var property in shape.Properties)
        {
            var own = path.Length == 0 ? property.Name : $"{path}:{property.Name}";
            foreach (var found in PathsOf(property, own))
                yield return found;
        }

        if (shape.Others is { } others)
        {
            foreach (var found in PathsOf(others, path))
                yield return found;
        }
    }

    private static IEnumerable<string> PathsOf(OptionProperty property, string path)
    {
        if (property.IsSecret)
            return [property.Shape.Kind is OptionKind.Map or OptionKind.List ? $"{path}:*" : path];
        return property.Shape switch
        {
            { Kind: OptionKind.Object } section => SecretPaths(section, path),
            { Element: { Kind: OptionKind.Object } element } => SecretPaths(element, $"{path}:*"),
            _ => [],
        };
    }

    private static string Pattern(string path)
    {
        var shape = OptionShape.Root;
        var parts = path.Split(':');
        var pattern = new List<string>();
        for (var i = 0; i < parts.Length; i++)
        {
            if (shape is { Kind: OptionKind.Map or OptionKind.List })
            {
                pattern.Add("*");
                shape = shape.Element!;
            }
            else if (shape.Find(parts[i]) is { } property)
            {
                pattern.Add(parts[i]);
                shape = property.Shape;
            }
            else
            {
                pattern.Add("*");
                shape = shape.Others!.Shape.Element!;
            }
        }

        return string.Join(':', pattern);
    }
}
