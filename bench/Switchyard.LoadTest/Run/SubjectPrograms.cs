using Switchyard.LoadTest.Measurements;
using Switchyard.LoadTest.Processes;
using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Run;

internal static class SubjectPrograms
{
    /// <summary>Who is measured, in the order of the turns. The pass-through is always among them.</summary>
    public static List<ISubjectProgram> Choose(RunOptions options, int upstreamPort, string directory, Notes notes)
    {
        List<ISubjectProgram> programs = [new KestrelProgram(upstreamPort)];
        if (options.Subjects.Contains(SubjectNames.Nginx))
        {
            if (Programs.Find("nginx") is { } nginx) programs.Add(new NginxProgram(nginx, upstreamPort, directory));
            else notes.Warn("nginx is not installed: no ratios to it");
        }

        if (options.Subjects.Contains(SubjectNames.Switchyard) || options.Subjects.Contains(SubjectNames.Translate))
        {
            var file = options.Switchyard is null ? SwitchyardBuild.Publish(directory) : Path.GetFullPath(options.Switchyard);
            if (!File.Exists(file)) throw new RunFailedException($"--switchyard: there is no {file}");
            if (options.Subjects.Contains(SubjectNames.Switchyard))
                programs.Add(new SwitchyardProgram(SubjectNames.Switchyard, "openai-chat", file, upstreamPort, directory));
            if (options.Subjects.Contains(SubjectNames.Translate))
                programs.Add(new SwitchyardProgram(SubjectNames.Translate, "anthropic-messages", file, upstreamPort, directory));
        }

        return programs;
    }
}
