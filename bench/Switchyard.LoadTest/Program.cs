using Switchyard.LoadTest;
using Switchyard.LoadTest.Passthrough;
using Switchyard.LoadTest.Run;
using Switchyard.LoadTest.Upstream;

// One executable, three programs: each runs as a separate process so that its CPU time can be measured.
try
{
    return args switch
    {
        ["upstream", .. var rest] => await UpstreamCommand.RunAsync(new Arguments(rest)),
        ["passthrough", .. var rest] => await PassthroughCommand.RunAsync(new Arguments(rest)),
        ["run", .. var rest] => await RunCommand.RunAsync(new Arguments(rest)),
        _ => Help(),
    };
}
catch (UsageException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

static int Help()
{
    Console.WriteLine(HelpText.Value);
    return 2;
}
