using System.Net;
using System.Net.Sockets;
using Switchyard.Canonical;
using Switchyard.Network;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Network;

/// <summary>The checks before sending and on connecting, and their messages.</summary>
public sealed class EgressGuardTests : IEgressObserver, IDisposable
{
    private static readonly IPAddress s_metadata = IPAddress.Parse("169.254.169.254");

    private readonly List<EgressDecision> _told = [];
    private readonly Queue<IPAddress[]> _names = new();
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);

    public EgressGuardTests() => _server.Start();

    private int Port => ((IPEndPoint)_server.LocalEndpoint).Port;

    void IEgressObserver.OnDecided(in EgressDecision decision) => _told.Add(decision);

    public void Dispose() => _server.Dispose();

    [Covers("S001-37", "S001-100")]
    [Fact]
    public void Each_decision_is_reported_with_the_target_the_mode_and_what_it_was_for()
    {
        var request = new EgressRequest(EgressActions.ProviderRequest, new Uri("https://api.example.com/v1/chat"))
        {
            Provider = "up",
            Model = "m",
            Operation = CallOperation.Chat,
        };

        Assert.False(Guard("api.example.com").Decide(request).IsBlocked);
        Assert.True(Guard("other.test").Decide(request).IsBlocked);

        Assert.Equal([EgressReason.None, EgressReason.NotListed], _told.Select(decision => decision.Reason));
        Assert.All(_told, decision => Assert.Equal((request, EgressEnforcement.Enforce), (decision.Request, decision.Mode)));
        Assert.Equal("provider.request", request.Action);
    }

    [Covers("S001-98")]
    [Fact]
    public void A_request_without_a_target_is_refused()
    {
        var thrown = Assert.Throws<ArgumentException>(() => Guard("*").Decide(new EgressRequest(EgressActions.ProviderRequest, null)));
        Assert.StartsWith("egress target must be specified", thrown.Message, StringComparison.Ordinal);
    }

    [Covers("S001-95")]
    [Fact]
    public void The_refusal_names_host_and_port_and_nothing_else_of_the_address()
    {
        var blocked = Guard("other.test").Decide(new(EgressActions.ProviderRequest, new Uri("https://api.example.com/secret/path?key=1")));
        var error = new EgressBlockedException(blocked).ToError();

        Assert.StartsWith(
            "Egress to 'api.example.com:443' is not permitted by network policy", error.Message, StringComparison.Ordinal);
        Assert.Equal((403, "egress_blocked", false), (error.Status, error.WireCode, error.IsRetryable));
        Assert.False(error.MayFallBack);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Covers("B25")]
    [Fact]
    public async Task A_name_that_leads_into_the_own_network_is_not_connected_to()
    {
        _names.Enqueue([IPAddress.Loopback]);
        var blocked = await Assert.ThrowsAsync<EgressBlockedException>(() => ConnectAsync(Guard("*.test")));

        Assert.Equal((EgressReason.NotPublic, IPAddress.Loopback), (blocked.Decision.Reason, blocked.Decision.Address));
        Assert.False(_server.Pending());
        Assert.DoesNotContain("127.0.0.1", blocked.Message, StringComparison.Ordinal);
        Assert.Contains("egress.allow", blocked.Message, StringComparison.Ordinal);
    }

    [Covers("B25")]
    [Fact]
    public async Task A_name_that_changes_its_mind_is_judged_anew_by_each_connection()
    {
        // DNS rebinding: the first answer may be reached, the second is the machine's own metadata.
        _names.Enqueue([IPAddress.Loopback]);
        _names.Enqueue([s_metadata]);
        var guard = Guard("rebinding.test");

        await using (await ConnectAsync(guard, "rebinding.test"))
            Assert.Equal(IPAddress.Loopback, Assert.Single(_told).Address);
        await Assert.ThrowsAsync<EgressBlockedException>(() => ConnectAsync(guard, "rebinding.test"));
        Assert.Equal(EgressReason.NotPublic, _told[^1].Reason);
    }

    [Covers("B25")]
    [Fact]
    public async Task The_connection_goes_to_an_address_that_was_checked_and_the_name_is_resolved_once()
    {
        // Of several addresses only the allowed ones are tried.
        _names.Enqueue([s_metadata, IPAddress.Parse("::ffff:169.254.169.254"), IPAddress.Loopback]);
        await using var stream = await ConnectAsync(Guard("mixed.test"), "mixed.test");

        Assert.Empty(_names);
        Assert.Equal(EgressReason.None, Assert.Single(_told).Reason);
        using var accepted = await _server.AcceptSocketAsync(TestContext.Current.CancellationToken);
        Assert.Equal(IPAddress.Loopback, ((IPEndPoint)accepted.LocalEndPoint!).Address);
    }

    [Covers("S001-96")]
    [Fact]
    public async Task A_policy_that_only_reports_connects_all_the_same_and_says_which_address_it_would_not_have()
    {
        _names.Enqueue([IPAddress.Loopback]);
        await using var stream = await ConnectAsync(Guard("*.test", EgressEnforcement.Report));

        var told = Assert.Single(_told);
        Assert.Equal((EgressReason.NotPublic, IPAddress.Loopback, false), (told.Reason, told.Address, told.IsBlocked));
    }

    [Fact]
    public async Task A_name_that_is_not_found_is_no_matter_of_the_policy()
    {
        _names.Enqueue([]);
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(Guard("*.test")));
        Assert.Empty(_told);
    }

    private EgressGuard Guard(string allow, EgressEnforcement mode = EgressEnforcement.Enforce) =>
        new(new EgressPolicy(mode, [AllowEntry.Parse(allow, out _)!]), this, (_, _) => Task.FromResult(_names.Dequeue()));

    private async Task<Stream> ConnectAsync(EgressGuard guard, string host = "vllm.test") => await guard.ConnectAsync(
        new DnsEndPoint(host, Port),
        new EgressRequest(EgressActions.ProviderConnect, new Uri($"http://{host}:{Port}/v1")),
        TimeProvider.System,
        TestContext.Current.CancellationToken);
}
