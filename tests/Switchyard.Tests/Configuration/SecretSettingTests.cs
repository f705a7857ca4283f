using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Configuration;

/// <summary>The secret settings, found by their attribute.</summary>
public sealed class SecretSettingTests
{
    private static readonly SwitchyardOptions s_options = new()
    {
        Providers =
        {
            ["up"] = new()
            {
                Key = "one", Keys = [new() { Key = "two" }, new() { Key = "three" }], Proxy = "http://user:four@proxy:1",
                Headers = { ["x-a"] = "five" }, Settings = { ["token"] = "six" },
            },
        },
        Server = new() { Keys = ["seven"], Tls = new() { Password = "eight" } },
        Storage = new() { Ledger = "postgres://me:nine@db/money" },
    };

    [Covers("S001-20")]
    [Fact]
    public void Every_marked_setting_is_found_with_its_key_in_maps_lists_and_sections() => Assert.Equal(
        [
            "providers.up.key=one", "providers.up.keys.0.key=two", "providers.up.keys.1.key=three", "providers.up.headers.x-a=five",
            "providers.up.proxy=http://user:four@proxy:1", "providers.up.settings.token=six", "server.keys.0=seven",
            "server.tls.password=eight", "storage.ledger=postgres://me:nine@db/money",
        ],
        SecretSettings.Of(s_options).Select(secret => $"{secret}={secret.Value}"));

    [Fact]
    public void Each_can_be_replaced_where_it_stands()
    {
        var copy = s_options.Copy();

        SecretSettings.Replace(copy, secret => secret.Value.ToUpperInvariant());

        Assert.Equal("ONE", copy.Providers["up"].Key);
        Assert.Equal("THREE", copy.Providers["up"].Keys[1].Key);
        Assert.Equal("FIVE", copy.Providers["up"].Headers["x-a"]);
        Assert.Equal(["SEVEN"], copy.Server.Keys);
        Assert.Equal("one", s_options.Providers["up"].Key);
    }

    [Fact]
    public void What_can_hold_no_secret_is_not_visited_and_what_can_is()
    {
        var key = OptionShape.Root.Find("keys")!.Shape.Element!;

        Assert.Equal(["key", "budget"], key.Properties.Where(property => property.MayHoldSecrets).Select(property => property.Name));
        Assert.False(OptionShape.Root.Find("timeouts")!.MayHoldSecrets);
        // A map of secrets, and an object with a map of other keys that hold one.
        Assert.True(OptionShape.Root.Find("providers")!.Shape.Element!.Find("headers")!.MayHoldSecrets);
        Assert.True(OptionShape.Root.Find("budgets")!.MayHoldSecrets);
    }

    [Fact]
    public void Every_key_above_a_secret_is_visited()
    {
        Assert.True(HoldsSecrets(OptionShape.Root));

        static bool HoldsSecrets(OptionShape shape)
        {
            // What is in a list within a map would be visited by no one.
            Assert.False(shape.Element?.Kind is OptionKind.Map or OptionKind.List);
            var found = shape.Element is { } element && HoldsSecrets(element);
            foreach (var property in shape.Properties.Append(shape.Others).OfType<OptionProperty>())
            {
                var holds = HoldsSecrets(property.Shape) || property.IsSecret;
                Assert.Equal(holds, property.MayHoldSecrets);
                found |= holds;
            }

            return found;
        }
    }

    [Theory]
    [InlineData("postgres://me:p%40ss-word@db/money", "me:p%40ss-word p%40ss-word me:p@ss-word p@ss-word")]
    [InlineData("Host=db;Username=me;Password=secret-word", "secret-word")]
    [InlineData("sqlite:switchyard.db", "")]
    [InlineData("redis://cache:6379", "")]
    [InlineData("postgres://postgres@db/money", "")]
    [InlineData("postgresql://postgres@db/money", "")]
    [InlineData("http://token-1@proxy:3128", "token-1 token-1 token-1 token-1")]
    public void Of_an_address_only_its_password_is_secret(string address, string parts) =>
        Assert.Equal(parts, string.Join(' ', SecretParts.OfAddress(address)));

    [Theory]
    [InlineData("plain-key", "plain-key")]
    [InlineData("Bearer token-1", "Bearer token-1 token-1")]
    [InlineData("Basic cm9ib3Q6cGFzcw==", "Basic cm9ib3Q6cGFzcw== cm9ib3Q6cGFzcw== robot:pass pass")]
    public void Of_a_header_the_token_after_its_scheme_is_secret_too(string header, string parts) =>
        Assert.Equal(parts, string.Join(' ', SecretParts.Of(header)));

    [Fact]
    public void A_file_that_was_exported_is_refused_until_its_secrets_are_written()
    {
        using var given = Given.Yaml("providers: { mock: { key: '********' } }\nauto_enable: false\n");
        Assert.Contains("'providers.mock.key' is masked, as an export writes secrets", given.Problem());
    }
}
