using Switchyard.EndToEnd.Tests.Sdks;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Matrix;

/// <summary>Every official client against every provider's format: one row a cell and verb.</summary>
public sealed class MatrixTests(MatrixRun run) : IClassFixture<MatrixRun>
{
    public static TheoryData<string, string, string> Cells
    {
        get
        {
            var cells = new TheoryData<string, string, string>();
            foreach (var (client, _) in MatrixRun.Clients)
            {
                foreach (var upstream in MatrixRun.UpstreamDialects)
                {
                    foreach (var verb in Expectations.Scenarios.SelectMany(scenario => scenario.Verbs)
                        .Where(verb => Expectations.CanSay(client, verb)))
                        cells.Add(client, upstream, verb);
                }
            }

            return cells;
        }
    }

    [Covers("S004-36")]
    [Theory, MemberData(nameof(Cells))]
    public async Task Any_client_speaks_to_any_model(string client, string upstream, string verb) =>
        await CheckAsync(client, upstream, verb);

    /// <summary>docs/compatibility.md matches the results of this run. SWITCHYARD_WRITE_DOCS=1 writes it.</summary>
    [Fact]
    public async Task The_table_in_the_documentation_is_what_was_found()
    {
        NodeProcess.SkipUnlessInstalled();
        var found = new HashSet<(string, string, string)>();
        foreach (var row in Cells)
        {
            var (client, upstream, verb) = row.Data;
            try
            {
                await CheckAsync(client, upstream, verb);
                found.Add((client, upstream, verb));
            }
            catch (Exception)
            {
                // The test of the cell reports the failure; the table only omits it.
            }
        }

        CompatibilityPage.Check(found);
    }

    private async Task CheckAsync(string client, string upstream, string verb)
    {
        var who = MatrixRun.Clients.Single(one => one.Client == client);
        Expectations.Check(who, upstream, verb, await run.OfAsync(client, upstream, verb));
        if (verb != "abort")
            return;
        var left = run.Upstreams.All.Single(one => one.Dialect == upstream);
        // JavaScript clients are named without "Node".
        var name = left.StemAt[(left.Provider.Length + 1)..] + "-hang-" + client.Replace("-node", "", StringComparison.Ordinal);
        await left.WhenLeft(name).WaitAsync(TimeSpan.FromSeconds(30));
    }
}
