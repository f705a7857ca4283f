using System.Net;
using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests;

/// <summary>
/// The minimum for every provider of the catalogue: it has a name, it chats, its errors reach the caller, a new
/// key is used from the next call on, and its health is reported. A scripted upstream replaces each vendor and speaks its format.
/// </summary>
public sealed class EveryProviderTests
{
    private const string Old = "first-key-of-the-provider";
    private const string New = "other-key-of-the-provider";

    public static TheoryData<string> Names =>
    [
        .. ProviderCatalog.Default.All
            .Where(entry => entry.Name != KnownProviders.Mock && !entry.Local && entry.Operations.Contains(CallOperation.Chat))
            .Select(entry => entry.Name),
    ];

    [Covers("S001-101", "S001-104", "S000-61")]
    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_chats_shows_its_errors_and_takes_a_new_key(string name)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var entry = ProviderCatalog.Default.Find(name)!;
        var store = new FakeSecretStore("vault") { [name] = Old };
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Providers[name] = new ProviderOptions
            {
                BaseUrl = upstream.BaseUrl,
                Key = SecretReference.To(name),
                // Values for every variable in the vendor's address.
                Settings = entry.Variables.Keys.ToDictionary(variable => variable, _ => "some"),
            },
            builder => builder.AddSecretStore(store));
        var request = $$"""{"provider":"{{name}}","model":"some-model","messages":[{"role":"user","content":"Hello"}]}""";

        upstream.Then((http, seen) => FakeUpstream.WriteAsync(http, 200, "application/json", FormatOf(seen, entry).Whole));
        using var answered = await gateway.PostAsync("/chat", request);
        var answer = JsonElement.Parse(await answered.Content.ReadAsStringAsync());
        Assert.True(answered.IsSuccessStatusCode, answer.GetRawText());
        Assert.Equal(("Hi there", name), (answer.GetProperty("output").GetString(), answer.GetProperty("provider").GetString()));
        Assert.Equal(11, answer.GetProperty("usage").GetProperty("totalTokens").GetInt32());
        Assert.True(Carries(upstream.LastRequest, Old));

        upstream.Then((http, seen) =>
            FakeUpstream.WriteAsync(http, 422, "application/json", FormatOf(seen, entry).ErrorBody("Not like this.")));
        using var refused = await gateway.PostAsync("/chat", request);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("Not like this.", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        store[name] = New;
        await gateway.Engine.RefreshSecretsAsync(TestContext.Current.CancellationToken);
        upstream.Then((http, seen) => FakeUpstream.WriteAsync(http, 200, "application/json", FormatOf(seen, entry).Whole));
        using var rotated = await gateway.PostAsync("/chat", request);
        Assert.Equal(HttpStatusCode.OK, rotated.StatusCode);
        Assert.True(Carries(upstream.LastRequest, New));

        var health = JsonElement.Parse(await gateway.Http.GetStringAsync("/health/providers"));
        Assert.Contains($"\"{name}\"", health.GetRawText(), StringComparison.Ordinal);
    }

    private static bool Carries(SeenRequest seen, string key) =>
        seen.Path.Contains(key, StringComparison.Ordinal)
        || seen.Headers.Values.Any(value => value.Contains(key, StringComparison.Ordinal));

    /// <summary>The format of a request, by the end of its path if that identifies it, else the vendor's own.</summary>
    private static ProviderFormat FormatOf(SeenRequest seen, ProviderDescriptor entry) => ProviderFormat.Of(seen.Path.Split('?')[0] switch
    {
        var path when path.EndsWith("/chat/completions", StringComparison.Ordinal) => "openai-chat",
        var path when path.EndsWith("/responses", StringComparison.Ordinal) => "openai-responses",
        var path when path.EndsWith("/messages", StringComparison.Ordinal) => "anthropic-messages",
        var path when path.EndsWith(":generateContent", StringComparison.Ordinal) => "gemini",
        var path when path.EndsWith("/converse", StringComparison.Ordinal) => "bedrock-converse",
        _ => entry.Dialects[0],
    });
}
