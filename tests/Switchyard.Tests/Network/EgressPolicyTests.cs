using System.Net;
using Switchyard.Configuration;
using Switchyard.Network;
using Switchyard.Providers.Catalogue;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Network;

/// <summary>The addresses that a policy admits: names, the addresses behind them, the predefined list.</summary>
public sealed class EgressPolicyTests
{
    private static readonly Uri s_private = new("http://10.0.0.7:8000/v1");

    private readonly EgressGuards _guards = new();

    [Covers("B25")]
    [Theory]
    [InlineData("*", "vllm.test", "93.184.216.34", true)]
    [InlineData("*", "vllm.test", "10.0.0.7", false)]
    [InlineData("*.test", "vllm.test", "10.0.0.7", false)]
    [InlineData("vllm.test", "vllm.test", "10.0.0.7", true)]
    [InlineData("vllm.test", "vllm.test", "127.0.0.1", true)]
    [InlineData("vllm.test:8000", "vllm.test", "10.0.0.7", true)]
    [InlineData("vllm.test:9000", "vllm.test", "10.0.0.7", false)]
    [InlineData("http://vllm.test:8000/v1", "vllm.test", "10.0.0.7", true)]
    [InlineData("*.test, 10.0.0.0/8", "vllm.test", "10.0.0.7", true)]
    [InlineData("*.test, 10.0.0.0/8", "vllm.test", "192.168.0.1", false)]
    [InlineData("10.0.0.0/8", "vllm.test", "10.0.0.7", false)]
    [InlineData("vllm.test", "vllm.test", "169.254.169.254", false)]
    [InlineData("vllm.test", "vllm.test", "::ffff:169.254.169.254", false)]
    [InlineData("vllm.test", "vllm.test", "0.0.0.0", false)]
    [InlineData("vllm.test, 169.254.169.254/32", "vllm.test", "169.254.169.254", true)]
    [InlineData("*.test, 10.0.0.7", "vllm.test", "10.0.0.7", false)]
    [InlineData("*.test, 10.0.0.7", "10.0.0.7", "10.0.0.7", true)]
    [InlineData("localhost", "localhost", "127.0.0.1", true)]
    [InlineData("localhost", "LOCALHOST.", "::1", true)]
    [InlineData("127.0.0.0/8", "localhost", "127.0.0.1", false)]
    public void A_name_admits_private_addresses_only_where_the_list_names_it_or_them(
        string allow, string host, string address, bool isAllowed) =>
        Assert.Equal(isAllowed, Policy(allow).Judge(host, 8000, IPAddress.Parse(address)) == EgressReason.None);

    [Covers("B25")]
    [Fact]
    public void A_wildcard_admits_no_private_address_written_as_one()
    {
        Assert.Equal(EgressReason.NotPublic, Policy("*").Judge(s_private));
        Assert.Equal(EgressReason.None, Policy("*").Judge(new Uri("http://93.184.216.34/")));
        Assert.Equal(EgressReason.None, Policy("*, 10.0.0.7").Judge(s_private));
        Assert.Equal(EgressReason.NotListed, Policy("10.0.0.8").Judge(s_private));
    }

    [Covers("S001-97")]
    [Theory]
    [InlineData("https://api.example.com/v1", true)]
    [InlineData("https://api.example.com", true)]
    [InlineData("https://api.example.com/v2", false)]
    [InlineData("https://other.example.com/v1", false)]
    public void A_base_url_is_allowed_where_any_url_below_it_is(string root, bool isAllowed) => Assert.Equal(
        isAllowed, Policy("https://api.example.com/v1/chat/completions").JudgeRoot(new Uri(root)) == EgressReason.None);

    [Covers("S001-99")]
    [Theory]
    [InlineData("https://api.openai.com/v1")]
    [InlineData("https://api.anthropic.com/v1")]
    [InlineData("https://api.mistral.ai/v1")]
    [InlineData("https://generativelanguage.googleapis.com/v1beta")]
    [InlineData("https://oauth2.googleapis.com/token")]
    [InlineData("https://openrouter.ai/api/v1")]
    [InlineData("https://mine.openai.azure.com/openai/v1")]
    [InlineData("https://bedrock-runtime.eu-central-1.amazonaws.com/")]
    [InlineData("https://bedrock-runtime.cn-north-1.amazonaws.com.cn/")]
    [InlineData("https://europe-west1-aiplatform.googleapis.com/v1")]
    [InlineData("https://aiplatform.googleapis.com/v1")]
    [InlineData("http://localhost:11434/api")]
    [InlineData("http://127.0.0.1:8000/v1")]
    [InlineData("http://[::1]:8000/v1")]
    public void The_ready_made_list_holds_the_known_vendors_and_this_machine(string target)
    {
        Assert.Equal(EgressReason.None, ReadyMade([]).Judge(new Uri(target)));
        Assert.Equal(EgressReason.None, ReadyMade(["vllm.test", "default"]).Judge(new Uri(target)));
        Assert.Equal(EgressReason.NotListed, ReadyMade(["vllm.test"]).Judge(new Uri(target)));
    }

    [Covers("S001-99", "B25")]
    [Fact]
    public void The_ready_made_list_holds_nothing_else_and_no_vendor_in_the_own_network()
    {
        var policy = ReadyMade([]);

        Assert.Equal(EgressReason.NotListed, policy.Judge(new Uri("https://example.com/")));
        Assert.Equal(EgressReason.NotListed, policy.Judge(s_private));
        Assert.Equal(EgressReason.NotPublic, policy.Judge("api.openai.com", 443, IPAddress.Parse("10.0.0.7")));
        Assert.Equal(EgressReason.NotPublic, policy.Judge("api.openai.com", 443, IPAddress.Parse("169.254.169.254")));
    }

    [Fact]
    public void A_guard_stays_as_long_as_its_policy_does()
    {
        var first = _guards.Of(new EgressOptions { Allow = ["a.test"] }, []);

        Assert.Same(first, _guards.Of(new EgressOptions { Allow = ["A.test"] }, []));
        Assert.NotSame(first, _guards.Of(new EgressOptions { Allow = ["b.test"] }, []));
        Assert.Null(_guards.Of(new EgressOptions { Mode = "off" }, []));
        Assert.Null(_guards.Of(null, []));
    }

    [Covers("M6", "B25")]
    [Fact]
    public void Clients_are_kept_from_the_servers_that_the_gateway_may_reach()
    {
        var egress = _guards.Of(new EgressOptions { Allow = ["127.0.0.1", "vllm.test", "10.0.0.0/8", "cdn.test"] }, []);
        var downloads = _guards.ForDownloads(egress, ["images.test"]).Policy;

        Assert.Equal(EgressReason.NotListed, downloads.Judge(new Uri("https://other.test/cat.png")));
        Assert.Equal(EgressReason.None, downloads.Judge("cdn.test", 443, IPAddress.Parse("93.184.216.34")));
        Assert.Equal(EgressReason.NotPublic, downloads.Judge("cdn.test", 443, IPAddress.Parse("10.0.0.7")));
        Assert.Equal(EgressReason.NotPublic, downloads.Judge("vllm.test", 443, IPAddress.Parse("10.0.0.7")));
        Assert.NotEqual(EgressReason.None, downloads.Judge(new Uri("http://127.0.0.1/cat.png")));
        Assert.NotEqual(EgressReason.None, downloads.Judge(s_private));
        Assert.Equal(EgressReason.None, downloads.Judge("images.test", 443, IPAddress.Parse("10.0.0.7")));
    }

    [Covers("M6", "S001-96")]
    [Fact]
    public void A_policy_that_only_reports_still_keeps_clients_from_private_addresses()
    {
        var egress = _guards.Of(new EgressOptions { Mode = "report", Allow = ["cdn.test"] }, []);
        var downloads = _guards.ForDownloads(egress, []).Policy;

        Assert.Equal(EgressReason.None, downloads.Judge(new Uri("https://other.test/cat.png")));
        Assert.Equal((EgressReason.NotPublic, EgressEnforcement.Enforce), (downloads.Judge(s_private), downloads.Mode));
        Assert.Equal(EgressReason.NotListed, _guards.TrialForDownloads(egress, [])!.Policy.Judge(new Uri("https://other.test/cat.png")));
    }

    private static EgressPolicy Policy(string allow) => new(
        EgressEnforcement.Enforce, allow.Split(", ").Select(entry => AllowEntry.Parse(entry, out _)!));

    private EgressPolicy ReadyMade(List<string> allow) =>
        _guards.Of(new EgressOptions { Allow = allow }, ProviderCatalog.Default.Hosts)!.Policy;
}
