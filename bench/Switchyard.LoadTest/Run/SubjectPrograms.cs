using Switchyard.LoadTest.Measurements;
using Switchyard.LoadTest.Processes;
using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Run;

internal static class SubjectPrograms
{
    /// <summary>The subjects to measure, in the order of the turns. They always include the pass-through.</summary>
    public static List<ISubjectProgram> Choose(RunOptions options, int upstreamPort, string directory, Notes notes)
    {
        List<ISubjectProgram> programs = [new KestrelProgram(upstreamPort)];
        if (options.Subjects.Contains(SubjectNames.Nginx))
        {
            if (Programs.Find("nginx") is { } nginx) programs.Add(new NginxProgram(nginx, upstreamPort, directory));
            else notes.Warn("nginx is not installed: no ratios to it");
        }

        var gateways = options.Subjects.Intersect(
            [
                SubjectNames.Switchyard, SubjectNames.Keys, SubjectNames.Money, SubjectNames.Strict, SubjectNames.Cached,
                SubjectNames.Translate,
            ]).ToList();
        if (gateways.Count > 0)
        {
            var file = options.Switchyard is null ? SwitchyardBuild.Publish(directory) : Existing("--switchyard", options.Switchyard);
            programs.AddRange(gateways.Select(name => Gateway(name, file)));
        }

        programs.AddRange(options.Also.Select(also => Gateway(also.Name, Existing("--also", also.File))));
        if (options.Native is { } native) programs.Add(new NativeProgram(Existing("--native", native), upstreamPort));
        return programs;

        SwitchyardProgram Gateway(string name, string file) => name switch
        {
            SubjectNames.Keys => new(name, file, upstreamPort, directory) { ClientKeys = true },
            SubjectNames.Money => new(name, file, upstreamPort, directory) { Ledger = "relaxed" },
            SubjectNames.Cached => new(name, file, upstreamPort, directory) { Cache = true },
            SubjectNames.Strict => new(name, file, upstreamPort, directory) { Ledger = "strict" },
            SubjectNames.Translate => new(name, file, upstreamPort, directory) { Dialect = "anthropic-messages", ExtraFrames = 1 },
            _ => new(name, file, upstreamPort, directory),
        };
    }

    private static string Existing(string option, string path)
    {
        var file = Path.GetFullPath(path);
        return File.Exists(file) ? file : throw new RunFailedException($"{option}: there is no {file}");
    }
}
